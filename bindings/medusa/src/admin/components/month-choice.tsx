import { ChevronLeftMini, ChevronRightMini } from "@medusajs/icons"
import { Button, Heading, IconButton } from "@medusajs/ui"
import { addMonths, firstOf, longMonth } from "../lib/days"

type MonthChoiceProps = { month: string; thisMonth: string; onChange: (month: string) => void }

export const MonthChoice = ({ month, thisMonth, onChange }: MonthChoiceProps) => (
  <div className="flex items-center gap-x-2 px-6 py-3">
    <IconButton
      size="small"
      aria-label="Month before"
      onClick={() => onChange(addMonths(month, -1))}
    >
      <ChevronLeftMini />
    </IconButton>
    <IconButton size="small" aria-label="Month after" onClick={() => onChange(addMonths(month, 1))}>
      <ChevronRightMini />
    </IconButton>
    <Heading level="h2" aria-live="polite">
      {longMonth(firstOf(month))}
    </Heading>
    <Button
      size="small"
      variant="transparent"
      disabled={month === thisMonth}
      onClick={() => onChange(thisMonth)}
    >
      This month
    </Button>
  </div>
)
