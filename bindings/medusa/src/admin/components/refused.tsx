import { Alert } from "@medusajs/ui"
import { shortDay } from "../lib/days"
import { RequestFailed } from "../lib/request"

/** Why a change was not made, and on which days. */
export function Refused({ error }: { error?: Error }) {
  if (!error) return null
  const { days = [], code = "" } = error instanceof RequestFailed ? error : {}
  const isAboutPlaces = code === "INSUFFICIENT_CAPACITY"
  return (
    <div role="alert">
      <Alert variant="error">
        {error.message}
        {days.length > 0 && (
          <ul className="list-disc pl-4">
            {days.map(({ date, requested, available_capacity }) => (
              <li key={date}>
                {shortDay(date)}
                {isAboutPlaces && `: ${requested} wanted, ${available_capacity} free`}
              </li>
            ))}
          </ul>
        )}
      </Alert>
    </div>
  )
}
