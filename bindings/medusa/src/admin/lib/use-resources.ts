import { client } from "./client"
import type { Resource } from "./types"
import { useLoad } from "./use-load"

/** The resources that can be chosen, and what any of them, a deleted one too, is called. */
export function useResources(): { resources: Resource[]; nameOf: (id: string) => string } {
  const { data = [] } = useLoad(() => client.everyResource({ include_deleted: true }), [])
  return {
    resources: data.filter(({ deleted_at }) => !deleted_at),
    nameOf: (id) => data.find((resource) => resource.id === id)?.name ?? id,
  }
}
