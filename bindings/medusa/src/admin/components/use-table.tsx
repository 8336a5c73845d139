import { Table } from "@medusajs/ui"
import type { Report } from "../lib/types"
import { percent } from "../lib/written"
import { CalendarLink } from "./calendar-link"
import { List } from "./list"
import { ShareBar } from "./share-bar"

type UseTableProps = { use: Report[]; nameOf: (resourceId: string) => string }

const COLUMNS = ["Resource", "Utilisation", "Share", "Booked", "Held", "Free"]

/** How full each resource is today. */
export const UseTable = ({ use, nameOf }: UseTableProps) => (
  <List label="Use today" columns={COLUMNS}>
    {use.map((report) => (
      <Table.Row key={report.resource_id}>
        <Table.Cell>
          <CalendarLink resourceId={report.resource_id}>{nameOf(report.resource_id)}</CalendarLink>
        </Table.Cell>
        <Table.Cell>{percent(report.max_capacity > 0 ? report.utilisation : null)}</Table.Cell>
        <Table.Cell>
          <ShareBar {...report} />
        </Table.Cell>
        <Table.Cell>{report.booked}</Table.Cell>
        <Table.Cell>{report.held}</Table.Cell>
        <Table.Cell>{report.available_capacity}</Table.Cell>
      </Table.Row>
    ))}
  </List>
)
