import { Text } from "@medusajs/ui"
import type { Ref } from "react"
import { longDay } from "../lib/days"
import { FILL, heat } from "../lib/fill"
import type { ReportDay } from "../lib/types"
import { ShareBar } from "./share-bar"

type DayCellProps = {
  day: ReportDay
  isToday: boolean
  isStop: boolean
  buttonRef: Ref<HTMLButtonElement>
  onOpen: () => void
  onFocus: () => void
}

function state({ blackout, max_capacity, available_capacity }: ReportDay): string {
  if (blackout) return "Closed"
  if (max_capacity === 0) return "No places"
  return available_capacity > 0 ? `${available_capacity} free` : "Full"
}

function fill({ blackout, max_capacity, utilisation }: ReportDay): string {
  if (blackout) return FILL.closed
  return max_capacity === 0 ? "var(--bg-subtle)" : heat(utilisation)
}

const spoken = (day: ReportDay) =>
  `${longDay(day.date)}: ${state(day)}, ${day.booked} booked, ${day.held} held, ` +
  `of ${day.max_capacity}`

// Stripes below it would make it hard to read.
const paper = ({ blackout }: ReportDay) => (blackout ? { background: "var(--bg-base)" } : {})

const Sums = ({ day }: { day: ReportDay }) => (
  <span aria-hidden className="mt-auto flex w-full flex-col gap-y-1">
    {(day.booked > 0 || day.held > 0) && (
      <Text size="xsmall" className="rounded-sm px-1 text-left" style={paper(day)}>
        {[day.booked && `${day.booked} booked`, day.held && `${day.held} held`]
          .filter(Boolean)
          .join(", ")}
      </Text>
    )}
    <ShareBar {...day} />
  </span>
)

export function DayCell({ day, isToday, isStop, buttonRef, onOpen, onFocus }: DayCellProps) {
  const hasPlaces = day.max_capacity > 0
  return (
    <button
      ref={buttonRef}
      type="button"
      aria-current={isToday ? "date" : undefined}
      tabIndex={isStop ? 0 : -1}
      onClick={onOpen}
      onFocus={onFocus}
      className="focus-visible:shadow-borders-focus flex h-24 w-full flex-col rounded-md p-2"
      style={{
        background: fill(day),
        border: `1px ${hasPlaces ? "solid" : "dashed"} var(--border-strong)`,
        outline: isToday ? "2px solid var(--border-interactive)" : undefined,
      }}
    >
      <span className="sr-only">{spoken(day)}</span>
      <span
        aria-hidden
        className="flex w-full flex-wrap justify-between rounded-sm px-1"
        style={paper(day)}
      >
        <Text size="small" weight="plus">
          {Number(day.date.slice(-2))}
        </Text>
        <Text size="xsmall" className={hasPlaces ? undefined : "text-ui-fg-subtle"}>
          {state(day)}
        </Text>
      </span>
      {hasPlaces && <Sums day={day} />}
    </button>
  )
}
