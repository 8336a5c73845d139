import { Button, Table } from "@medusajs/ui"
import { shortDay } from "../lib/days"
import type { Blackout } from "../lib/types"

type BlackoutTableProps = {
  blackouts: Blackout[]
  nameOf: (resourceId: string) => string
  isBusy: boolean
  onReopen: (blackout: Blackout) => void
}

export const BlackoutTable = ({ blackouts, nameOf, isBusy, onReopen }: BlackoutTableProps) => (
  <Table aria-label="Blackouts">
    <Table.Header>
      <Table.Row>
        <Table.HeaderCell>Resource</Table.HeaderCell>
        <Table.HeaderCell>First day</Table.HeaderCell>
        <Table.HeaderCell>Last day</Table.HeaderCell>
        <Table.HeaderCell>Reason</Table.HeaderCell>
        <Table.HeaderCell>Actions</Table.HeaderCell>
      </Table.Row>
    </Table.Header>
    <Table.Body>
      {blackouts.map((blackout) => (
        <Table.Row key={blackout.id}>
          <Table.Cell>{nameOf(blackout.resource_id)}</Table.Cell>
          <Table.Cell>{shortDay(blackout.start_date)}</Table.Cell>
          <Table.Cell>{shortDay(blackout.end_date)}</Table.Cell>
          <Table.Cell>{blackout.reason}</Table.Cell>
          <Table.Cell>
            <Button
              size="small"
              variant="transparent"
              disabled={isBusy}
              aria-label={`Open again: ${nameOf(blackout.resource_id)} from ${blackout.start_date}`}
              onClick={() => onReopen(blackout)}
            >
              Open again
            </Button>
          </Table.Cell>
        </Table.Row>
      ))}
    </Table.Body>
  </Table>
)
