import { Button, Text } from "@medusajs/ui"
import { useState } from "react"
import { client } from "../lib/client"
import type { Resource } from "../lib/types"
import { useChange } from "../lib/use-change"
import { CalendarLink } from "./calendar-link"
import { Refused } from "./refused"
import { ResourceChoice } from "./resource-choice"
import { Empty, NoResources } from "./states"

type ProductLinkProps = {
  productId: string
  linked: Resource | null
  resources: Resource[]
  onDone: () => void
}

export function ProductLink({ productId, linked, resources, onDone }: ProductLinkProps) {
  const [chosen, setChosen] = useState(linked?.id ?? "")
  const change = useChange()
  const run = async (work: () => Promise<unknown>, done: string) => {
    if (await change.run(work, done)) onDone()
  }
  const link = () => run(() => client.linkProduct(productId, chosen), "The product is linked")
  const unlink = () => run(() => client.unlinkProduct(productId), "The product is not linked now")

  if (resources.length === 0 && !linked) {
    return (
      <Empty>
        <NoResources />
      </Empty>
    )
  }
  return (
    <div className="flex flex-col gap-y-4 px-6 py-4">
      <Text size="small">
        {linked ? (
          <>
            Booked on{" "}
            <CalendarLink resourceId={linked.id}>{linked.name}</CalendarLink>
          </>
        ) : (
          "This product is not booked by the day."
        )}
      </Text>
      <ResourceChoice resources={resources} value={chosen} onChange={setChosen} />
      <Refused error={change.error} />
      <div className="flex gap-x-2">
        <Button
          size="small"
          isLoading={change.isBusy}
          disabled={!chosen || chosen === linked?.id}
          onClick={() => void link()}
        >
          Link
        </Button>
        {linked && (
          <Button
            size="small"
            variant="secondary"
            disabled={change.isBusy}
            onClick={() => void unlink()}
          >
            Unlink
          </Button>
        )}
      </div>
    </div>
  )
}
