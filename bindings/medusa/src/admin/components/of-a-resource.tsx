import type { ReactNode } from "react"
import { client } from "../lib/client"
import type { Resource } from "../lib/types"
import { useLoad } from "../lib/use-load"
import { useResourceChoice } from "../lib/use-resource-choice"
import { Page } from "./page"
import { ResourceChoice } from "./resource-choice"
import { Loaded, NoResources } from "./states"

type OfAResourceProps = {
  title: string
  about: string
  children: (resource: Resource) => ReactNode
}

/** A page about one resource: the chosen one, or the first. */
export function OfAResource({ title, about, children }: OfAResourceProps) {
  const load = useLoad(() => client.everyResource(), [])
  const [chosen, choose] = useResourceChoice()
  const resources = load.data ?? []
  const resource = resources.find(({ id }) => id === chosen) ?? resources[0]
  const choice = resource && (
    <ResourceChoice resources={resources} value={resource.id} onChange={choose} />
  )

  return (
    <Page title={title} about={about} actions={choice}>
      <Loaded load={load} empty={<NoResources />}>
        {() => children(resource)}
      </Loaded>
    </Page>
  )
}
