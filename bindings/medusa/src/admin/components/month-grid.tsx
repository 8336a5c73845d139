import { Text } from "@medusajs/ui"
import { useRef, useState, type KeyboardEvent } from "react"
import { longWeekday, shortWeekday, WEEKDAYS, weekdayOf } from "../lib/days"
import type { ReportDay } from "../lib/types"
import { DayCell } from "./day-cell"

type MonthGridProps = {
  label: string
  days: ReportDay[]
  today: string
  onOpen: (date: string) => void
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }

/** Weeks from Monday, with nothing where the month has no day. */
function weeksOf(days: ReportDay[]): (ReportDay | undefined)[][] {
  const cells: (ReportDay | undefined)[] = [
    ...Array<undefined>(weekdayOf(days[0].date) - 1).fill(undefined),
    ...days,
  ]
  while (cells.length % 7) cells.push(undefined)
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(7 * week, 7 * week + 7))
}

/** A month of days. One of them can be tabbed to; arrows, Home and End go to the others. */
export function MonthGrid({ label, days, today, onOpen }: MonthGridProps) {
  const buttons = useRef(new Map<string, HTMLButtonElement>())
  const [focused, setFocused] = useState("")
  const stop = days.find(({ date }) => date === focused) ?? days.find(({ date }) => date === today)
  const at = Math.max(0, stop ? days.indexOf(stop) : 0)

  const move = (event: KeyboardEvent) => {
    const to =
      event.key === "Home" ? 0
      : event.key === "End" ? days.length - 1
      : event.key in STEPS ? at + STEPS[event.key]
      : undefined
    if (to === undefined) return
    event.preventDefault()
    buttons.current.get(days[to]?.date)?.focus()
  }

  const cell = (day: ReportDay) => (
    <DayCell
      day={day}
      isToday={day.date === today}
      isStop={day === days[at]}
      buttonRef={(button) => void (button && buttons.current.set(day.date, button))}
      onOpen={() => onOpen(day.date)}
      onFocus={() => setFocused(day.date)}
    />
  )

  return (
    <div className="overflow-x-auto px-6 py-4">
      <table className="w-full min-w-[44rem] table-fixed" aria-label={label} onKeyDown={move}>
        <thead>
          <tr>
            {WEEKDAYS.map((weekday) => (
              <th key={weekday} scope="col" abbr={longWeekday(weekday)} className="p-1">
                <Text size="small" weight="plus" className="text-ui-fg-subtle">
                  {shortWeekday(weekday)}
                </Text>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(days).map((week, row) => (
            <tr key={row}>
              {week.map((day, column) => (
                <td key={column} className="p-1">
                  {day && cell(day)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
