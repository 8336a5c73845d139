import { StatusBadge } from "@medusajs/ui"
import type { Resource } from "../lib/types"

export function ResourceStatus({ resource }: { resource: Resource }) {
  if (resource.deleted_at) return <StatusBadge color="red">Deleted</StatusBadge>
  return resource.is_active ? (
    <StatusBadge color="green">Can be booked</StatusBadge>
  ) : (
    <StatusBadge color="grey">Paused</StatusBadge>
  )
}
