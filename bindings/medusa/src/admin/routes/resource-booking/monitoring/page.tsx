import { defineRouteConfig } from "@medusajs/admin-sdk"
import { Button, Heading } from "@medusajs/ui"
import { Figures } from "../../../components/figures"
import { Page } from "../../../components/page"
import { Empty, Loaded, NoResources } from "../../../components/states"
import { UseTable } from "../../../components/use-table"
import { client } from "../../../lib/client"
import type { Metrics, Resource } from "../../../lib/types"
import { useLoad } from "../../../lib/use-load"

// As many as one request asks for.
const MOST = 50

type Figured = { metrics: Metrics; resources: Resource[]; hasMore: boolean }

async function askAll(): Promise<Figured> {
  const { items: resources, next } = await client.resources({ limit: MOST })
  const metrics = await client.metrics(resources.map(({ id }) => id))
  return { metrics, resources, hasMore: next !== null }
}

const MonitoringPage = () => {
  const load = useLoad(askAll, [])
  return (
    <Page
      title="Monitoring"
      about="Counted since this server process began; each process counts for itself."
      actions={
        <Button size="small" variant="secondary" isLoading={load.isLoading} onClick={load.reload}>
          Refresh
        </Button>
      }
    >
      <Loaded load={load}>
        {({ metrics, resources, hasMore }) => (
          <>
            <Figures metrics={metrics} />
            <Heading level="h2" className="px-6 py-4">
              Utilisation today{hasMore && `, of the first ${MOST} resources`}
            </Heading>
            {metrics.use.length === 0 ? (
              <Empty>
                <NoResources />
              </Empty>
            ) : (
              <UseTable
                use={metrics.use}
                nameOf={(id) => resources.find((resource) => resource.id === id)?.name ?? id}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}

export const config = defineRouteConfig({ label: "Monitoring" })

export default MonitoringPage
