import { longWeekday, WEEKDAYS } from "../lib/days"
import { Tick } from "./tick"

type WeekdaysProps = { value: number[]; onChange: (weekdays: number[]) => void }

export function Weekdays({ value, onChange }: WeekdaysProps) {
  const toggle = (weekday: number, isIn: boolean) =>
    onChange(WEEKDAYS.filter((at) => (at === weekday ? isIn : value.includes(at))))
  return (
    <fieldset>
      <legend className="txt-compact-small-plus mb-2">Weekdays</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        {WEEKDAYS.map((weekday) => (
          <Tick
            key={weekday}
            label={longWeekday(weekday)}
            checked={value.includes(weekday)}
            onChange={(isIn) => toggle(weekday, isIn)}
          />
        ))}
      </div>
    </fieldset>
  )
}
