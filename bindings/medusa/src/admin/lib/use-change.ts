import { toast } from "@medusajs/ui"
import { useState } from "react"

export type Change = {
  isBusy: boolean
  error?: Error
  /** True when it was done. */
  run: (change: () => Promise<unknown>, done: string) => Promise<boolean>
  forget: () => void
}

/** A change that staff ask for: what went well is said in passing, what did not stays in sight. */
export function useChange(): Change {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<Error>()

  const run = async (change: () => Promise<unknown>, done: string) => {
    setBusy(true)
    setError(undefined)
    try {
      await change()
      toast.success(done)
      return true
    } catch (failure) {
      setError(failure as Error)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { isBusy, error, run, forget: () => setError(undefined) }
}
