import { Table } from "@medusajs/ui"
import type { Report } from "../lib/types"
import { percent } from "../lib/written"
import { ShareBar } from "./share-bar"

type UseTableProps = { use: Report[]; nameOf: (resourceId: string) => string }

/** How full each resource is today. */
export const UseTable = ({ use, nameOf }: UseTableProps) => (
  <Table aria-label="Use today">
    <Table.Header>
      <Table.Row>
        <Table.HeaderCell>Resource</Table.HeaderCell>
        <Table.HeaderCell>Utilisation</Table.HeaderCell>
        <Table.HeaderCell>Share</Table.HeaderCell>
        <Table.HeaderCell>Booked</Table.HeaderCell>
        <Table.HeaderCell>Held</Table.HeaderCell>
        <Table.HeaderCell>Free</Table.HeaderCell>
      </Table.Row>
    </Table.Header>
    <Table.Body>
      {use.map((report) => (
        <Table.Row key={report.resource_id}>
          <Table.Cell>{nameOf(report.resource_id)}</Table.Cell>
          <Table.Cell>{percent(report.utilisation)}</Table.Cell>
          <Table.Cell>
            <ShareBar {...report} />
          </Table.Cell>
          <Table.Cell>{report.booked}</Table.Cell>
          <Table.Cell>{report.held}</Table.Cell>
          <Table.Cell>{report.available_capacity}</Table.Cell>
        </Table.Row>
      ))}
    </Table.Body>
  </Table>
)
