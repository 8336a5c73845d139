import type { Metrics } from "../lib/types"
import { percent, seconds } from "../lib/written"
import { Figure } from "./figure"

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0)

export const Figures = ({ metrics }: { metrics: Metrics }) => (
  <dl className="grid grid-cols-2 gap-4 px-6 py-4 lg:grid-cols-4">
    <Figure
      name="Success rate"
      value={percent(metrics.success_rate)}
      about={`Holds that became bookings: ${metrics.holds_confirmed}`}
    />
    <Figure
      name="Expiry rate"
      value={percent(metrics.expiry_rate)}
      about={`Holds that ran out of time: ${metrics.holds_expired}`}
    />
    <Figure
      name="Time to confirm"
      value={seconds(metrics.hold_to_confirm_mean_s)}
      about={`95 of 100 within ${seconds(metrics.hold_to_confirm_p95_s)}`}
    />
    <Figure
      name="Lock waits"
      value={String(metrics.lock_waits)}
      about={`Waited in vain: ${metrics.lock_timeouts}`}
    />
    <Figure
      name="Holds"
      value={String(metrics.holds_created)}
      about={`Given back: ${metrics.holds_released}`}
    />
    <Figure
      name="Cancelled"
      value={String(metrics.allocations_cancelled)}
      about="Bookings whose places came free"
    />
    <Figure
      name="Refused"
      value={String(sum(metrics.rejections))}
      about="Requests that could not be granted"
    />
    <Figure
      name="Failures"
      value={String(sum(metrics.failures))}
      about={`Tried again: ${metrics.storage_retries}. Waiting now: ${metrics.queue_depth}`}
    />
  </dl>
)
