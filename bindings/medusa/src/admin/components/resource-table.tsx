import { Table } from "@medusajs/ui"
import { Link } from "react-router-dom"
import type { Resource } from "../lib/types"
import type { Change } from "../lib/use-change"
import { ResourceActions } from "./resource-actions"
import { ResourceStatus } from "./resource-status"

type ResourceTableProps = {
  resources: Resource[]
  change: Change
  onEdit: (resource: Resource) => void
  onDone: () => void
}

export const ResourceTable = ({ resources, change, onEdit, onDone }: ResourceTableProps) => (
  <Table aria-label="Resources">
    <Table.Header>
      <Table.Row>
        <Table.HeaderCell>Name</Table.HeaderCell>
        <Table.HeaderCell>Type</Table.HeaderCell>
        <Table.HeaderCell>Time zone</Table.HeaderCell>
        <Table.HeaderCell>Status</Table.HeaderCell>
        <Table.HeaderCell>Actions</Table.HeaderCell>
      </Table.Row>
    </Table.Header>
    <Table.Body>
      {resources.map((resource) => (
        <Table.Row key={resource.id}>
          <Table.Cell>
            <Link
              className="text-ui-fg-base underline"
              to={`/resource-booking?resource_id=${resource.id}`}
            >
              {resource.name}
            </Link>
          </Table.Cell>
          <Table.Cell>{resource.type}</Table.Cell>
          <Table.Cell>{resource.timezone}</Table.Cell>
          <Table.Cell>
            <ResourceStatus resource={resource} />
          </Table.Cell>
          <Table.Cell>
            <ResourceActions
              resource={resource}
              change={change}
              onEdit={() => onEdit(resource)}
              onDone={onDone}
            />
          </Table.Cell>
        </Table.Row>
      ))}
    </Table.Body>
  </Table>
)
