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

const spoken = (day: ReportDay) =>
  `${longDay(day.date)}: ${state(day)}, ${day.booked} booked, ${day.held} held, ` +
  `of ${day.max_capacity}`

export function DayCell({ day, isToday, isStop, buttonRef, onOpen, onFocus }: DayCellProps) {
  const { date, booked, held, blackout, utilisation } = day
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
        background: blackout ? FILL.closed : heat(utilisation),
        border: `${isToday ? 2 : 1}px solid var(--border-${isToday ? "interactive" : "base"})`,
      }}
    >
      <span className="sr-only">{spoken(day)}</span>
      <span
        aria-hidden
        className="flex w-full flex-wrap justify-between rounded-sm px-1"
        style={blackout ? { background: "var(--bg-base)" } : undefined}
      >
        <Text size="small" weight="plus">
          {Number(date.slice(-2))}
        </Text>
        <Text size="xsmall">{state(day)}</Text>
      </span>
      <span aria-hidden className="mt-auto flex w-full flex-col gap-y-1">
        {(booked > 0 || held > 0) && (
          <Text
            size="xsmall"
            className="rounded-sm px-1 text-left"
            style={blackout ? { background: "var(--bg-base)" } : undefined}
          >
            {[booked && `${booked} booked`, held && `${held} held`].filter(Boolean).join(", ")}
          </Text>
        )}
        <ShareBar {...day} />
      </span>
    </button>
  )
}
