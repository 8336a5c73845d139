import { client } from "./client"
import type { Resource } from "./types"
import { useLoad } from "./use-load"

type Resources = {
  /** Those that can be chosen. */
  resources: Resource[]
  /** What any of them, a deleted one too, is called. */
  nameOf: (id: string) => string
  reload: () => void
}

export function useResources(): Resources {
  const { data, error, reload } = useLoad(() => client.everyResource({ include_deleted: true }), [])
  const unnamed = (id: string) => (data || error ? id : "…")
  return {
    resources: (data ?? []).filter(({ deleted_at }) => !deleted_at),
    nameOf: (id) => data?.find((resource) => resource.id === id)?.name ?? unnamed(id),
    reload,
  }
}
