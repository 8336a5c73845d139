import { Button, Table } from "@medusajs/ui"
import { shortDay } from "../lib/days"
import type { Blackout } from "../lib/types"
import { Actions, List } from "./list"

type BlackoutTableProps = {
  blackouts: Blackout[]
  nameOf: (resourceId: string) => string
  isBusy: boolean
  onReopen: (blackout: Blackout) => void
}

const COLUMNS = ["Resource", "First day", "Last day", "Reason", "Actions"]

export const BlackoutTable = ({ blackouts, nameOf, isBusy, onReopen }: BlackoutTableProps) => (
  <List label="Blackouts" columns={COLUMNS}>
    {blackouts.map((blackout) => (
      <Table.Row key={blackout.id}>
        <Table.Cell>{nameOf(blackout.resource_id)}</Table.Cell>
        <Table.Cell>{shortDay(blackout.start_date)}</Table.Cell>
        <Table.Cell>{shortDay(blackout.end_date)}</Table.Cell>
        <Table.Cell>{blackout.reason}</Table.Cell>
        <Table.Cell>
          <Actions>
            <Button
              size="small"
              variant="transparent"
              disabled={isBusy}
              aria-label={`Open again: ${nameOf(blackout.resource_id)} from ${blackout.start_date}`}
              onClick={() => onReopen(blackout)}
            >
              Open again
            </Button>
          </Actions>
        </Table.Cell>
      </Table.Row>
    ))}
  </List>
)
