import { defineRouteConfig } from "@medusajs/admin-sdk"
import { Button } from "@medusajs/ui"
import { useState } from "react"
import { LoadMore } from "../../../components/load-more"
import { Page } from "../../../components/page"
import { Refused } from "../../../components/refused"
import { ResourceForm } from "../../../components/resource-form"
import { ResourceTable } from "../../../components/resource-table"
import { SearchField } from "../../../components/search-field"
import { Loaded } from "../../../components/states"
import { Tick } from "../../../components/tick"
import { client } from "../../../lib/client"
import type { Resource } from "../../../lib/types"
import { useChange } from "../../../lib/use-change"
import { usePages } from "../../../lib/use-pages"

const ResourcesPage = () => {
  const [q, setQ] = useState("")
  const [withDeleted, setWithDeleted] = useState(false)
  const [form, setForm] = useState<{ resource?: Resource }>()
  const change = useChange()
  const load = usePages(
    (after) => client.resources({ q, include_deleted: withDeleted || undefined, after }),
    [q, withDeleted],
  )
  const done = () => {
    setForm(undefined)
    load.reload()
  }

  return (
    <Page
      title="Resources"
      about="Vehicles, tours, guides: whatever there is a limited number of on a day."
      actions={
        <>
          <SearchField label="Search" placeholder="Name or description" onSearch={setQ} />
          <Button size="small" onClick={() => setForm({})}>
            Create
          </Button>
        </>
      }
    >
      <div className="px-6 py-3">
        <Tick label="Show deleted ones" checked={withDeleted} onChange={setWithDeleted} />
        <Refused error={change.error} />
      </div>
      <Loaded load={load} empty={q ? "Nothing is called so." : "There are no resources yet."}>
        {(resources) => (
          <ResourceTable
            resources={resources}
            change={change}
            onEdit={(resource) => setForm({ resource })}
            onDone={done}
          />
        )}
      </Loaded>
      <LoadMore loadMore={load.loadMore} />
      {form && (
        <ResourceForm resource={form.resource} onDone={done} onClose={() => setForm(undefined)} />
      )}
    </Page>
  )
}

export const config = defineRouteConfig({ label: "Resources" })

export default ResourcesPage
