import { Table } from "@medusajs/ui"
import type { ReactNode } from "react"

type ListProps = { label: string; columns: string[]; children: ReactNode }

/** A table; where it is wider than the page it scrolls by itself. */
export const List = ({ label, columns, children }: ListProps) => (
  <div className="overflow-x-auto">
    <Table aria-label={label} className="min-w-[44rem]">
      <Table.Header className="border-t-0">
        <Table.Row>
          {columns.map((column) => (
            <Table.HeaderCell key={column}>{column}</Table.HeaderCell>
          ))}
        </Table.Row>
      </Table.Header>
      <Table.Body className="border-b-0 [&_tr:last-child]:border-b-0">{children}</Table.Body>
    </Table>
  </div>
)

/** What can be done with a row: their text begins where the column's name does. */
export const Actions = ({ children }: { children: ReactNode }) => (
  <div className="-ml-2 flex">{children}</div>
)
