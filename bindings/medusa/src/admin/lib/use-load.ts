import { useEffect, useState } from "react"

export type Load<T> = {
  data?: T
  error?: Error
  isLoading: boolean
  reload: () => void
}

/** Asks when what it depends on changes. What was answered for something else is never shown. */
export function useLoad<T>(ask: () => Promise<T>, dependencies: unknown[]): Load<T> {
  const key = JSON.stringify(dependencies)
  const [round, setRound] = useState(0)
  const [state, setState] = useState<{ key?: string; round?: number; data?: T; error?: Error }>({})

  useEffect(() => {
    let isOver = false
    const settle = (outcome: { data?: T; error?: Error }) => {
      if (!isOver) setState({ key, round, ...outcome })
    }
    ask().then(
      (data) => settle({ data }),
      (error: Error) => settle({ error }),
    )
    return () => {
      isOver = true
    }
  }, [key, round])

  const isMine = state.key === key
  return {
    data: isMine ? state.data : undefined,
    error: isMine && state.round === round ? state.error : undefined,
    isLoading: !isMine || state.round !== round,
    reload: () => setRound(round + 1),
  }
}
