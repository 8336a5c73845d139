import { defineRouteConfig } from "@medusajs/admin-sdk"
import { Button, usePrompt } from "@medusajs/ui"
import { useState } from "react"
import { BlackoutForm } from "../../../components/blackout-form"
import { BlackoutTable } from "../../../components/blackout-table"
import { LoadMore } from "../../../components/load-more"
import { Page } from "../../../components/page"
import { Refused } from "../../../components/refused"
import { ResourceChoice } from "../../../components/resource-choice"
import { Loaded } from "../../../components/states"
import { client } from "../../../lib/client"
import type { Blackout } from "../../../lib/types"
import { useChange } from "../../../lib/use-change"
import { usePages } from "../../../lib/use-pages"
import { useResourceChoice } from "../../../lib/use-resource-choice"
import { useResources } from "../../../lib/use-resources"

const BlackoutsPage = () => {
  const [chosen, choose] = useResourceChoice()
  const [isFormOpen, setFormOpen] = useState(false)
  const { resources, nameOf, reload } = useResources()
  const change = useChange()
  const ask = usePrompt()
  const load = usePages((after) => client.blackouts({ resource_id: chosen, after }), [chosen])

  const reloadAll = () => {
    reload()
    load.reload()
  }
  const reopen = async ({ id, resource_id }: Blackout) => {
    const isSure = await ask({
      title: "Open these days again?",
      description: `${nameOf(resource_id)} can be booked on them as far as there are places.`,
      variant: "confirmation",
      confirmText: "Open again",
      cancelText: "Leave closed",
    })
    const done = () => change.run(() => client.deleteBlackout(id), "The days are open again")
    if (isSure && (await done())) load.reload()
  }
  const closed = () => {
    setFormOpen(false)
    load.reload()
  }

  return (
    <Page
      title="Blackouts"
      about="Days on which nothing can be booked: service, weather, holidays."
      actions={
        <>
          <ResourceChoice resources={resources} value={chosen} onChange={choose} all="All" />
          <Button
            size="small"
            disabled={resources.length === 0}
            onClick={() => setFormOpen(true)}
          >
            Close days
          </Button>
        </>
      }
    >
      {change.error && (
        <div className="px-6 py-3">
          <Refused error={change.error} />
        </div>
      )}
      <Loaded load={{ ...load, reload: reloadAll }} empty="No days are closed.">
        {(blackouts) => (
          <BlackoutTable
            blackouts={blackouts}
            nameOf={nameOf}
            isBusy={change.isBusy}
            onReopen={(blackout) => void reopen(blackout)}
          />
        )}
      </Loaded>
      <LoadMore loadMore={load.loadMore} />
      {isFormOpen && (
        <BlackoutForm
          resources={resources}
          resourceId={chosen}
          onDone={closed}
          onClose={() => setFormOpen(false)}
        />
      )}
    </Page>
  )
}

export const config = defineRouteConfig({ label: "Blackouts" })

export default BlackoutsPage
