import { useState } from "react"
import type { Page } from "./types"
import { useLoad, type Load } from "./use-load"

export type Pages<T> = Load<T[]> & {
  /** Not there on the last page. */
  loadMore?: () => void
}

/** A list, page after page. */
export function usePages<T>(
  ask: (after?: string) => Promise<Page<T>>,
  dependencies: unknown[],
): Pages<T> {
  const first = useLoad(() => ask(), dependencies)
  const [later, setLater] = useState<{ of?: Page<T>; pages: Page<T>[] }>({ pages: [] })
  const [error, setError] = useState<Error>()

  const pages = first.data ? [first.data, ...(later.of === first.data ? later.pages : [])] : []
  const next = pages[pages.length - 1]?.next
  const loadMore = () =>
    ask(next ?? undefined).then(
      (page) => setLater({ of: first.data, pages: [...pages.slice(1), page] }),
      setError,
    )

  return {
    data: first.data && pages.flatMap(({ items }) => items),
    error: first.error ?? error,
    isLoading: first.isLoading,
    reload: () => {
      setError(undefined)
      first.reload()
    },
    loadMore: next ? loadMore : undefined,
  }
}
