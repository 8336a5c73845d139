import { Button, usePrompt } from "@medusajs/ui"
import { client } from "../lib/client"
import type { Resource } from "../lib/types"
import type { Change } from "../lib/use-change"
import { Actions } from "./list"

type ResourceActionsProps = {
  resource: Resource
  change: Change
  onEdit: () => void
  onDone: () => void
}

export function ResourceActions({ resource, change, onEdit, onDone }: ResourceActionsProps) {
  const ask = usePrompt()
  const { id, name, deleted_at } = resource

  const remove = async () => {
    const isSure = await ask({
      title: `Delete ${name}?`,
      description: "Nothing new can be held. What is booked stays, and it can be restored.",
      confirmText: "Delete",
      cancelText: "Keep",
    })
    if (isSure && (await change.run(() => client.deleteResource(id), `${name} was deleted`)))
      onDone()
  }
  const restore = async () => {
    if (await change.run(() => client.restoreResource(id), `${name} is back`)) onDone()
  }

  const button = (label: string, onClick: () => void) => (
    <Button
      size="small"
      variant="transparent"
      aria-label={`${label} ${name}`}
      disabled={change.isBusy}
      onClick={onClick}
    >
      {label}
    </Button>
  )
  if (deleted_at) return <Actions>{button("Restore", () => void restore())}</Actions>
  return (
    <Actions>
      {button("Edit", onEdit)}
      {button("Delete", () => void remove())}
    </Actions>
  )
}
