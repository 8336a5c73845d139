import { Table } from "@medusajs/ui"
import type { Resource } from "../lib/types"
import type { Change } from "../lib/use-change"
import { CalendarLink } from "./calendar-link"
import { List } from "./list"
import { ResourceActions } from "./resource-actions"
import { ResourceStatus } from "./resource-status"

type ResourceTableProps = {
  resources: Resource[]
  change: Change
  onEdit: (resource: Resource) => void
  onDone: () => void
}

const COLUMNS = ["Name", "Type", "Time zone", "Status", "Actions"]

export const ResourceTable = ({ resources, change, onEdit, onDone }: ResourceTableProps) => (
  <List label="Resources" columns={COLUMNS}>
    {resources.map((resource) => (
      <Table.Row key={resource.id}>
        <Table.Cell>
          <CalendarLink resourceId={resource.id}>{resource.name}</CalendarLink>
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
  </List>
)
