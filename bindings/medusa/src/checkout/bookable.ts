import type { MedusaContainer } from "@medusajs/framework/types"
import { ContainerRegistrationKeys, Modules } from "@medusajs/framework/utils"
import productResource from "../links/product-resource"
import variantResource from "../links/variant-resource"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import { BookingError } from "../modules/resource-booking/errors"
import type { BookedLine } from "./plan"

type Row = Record<string, string>
/** A line as carts, orders and Medusa's workflows carry it. */
export type ShopLine = {
  id?: string
  variant_id?: string | null
  quantity: unknown
  metadata?: Record<string, unknown> | null
}

async function rows(
  container: MedusaContainer,
  entity: string,
  fields: string[],
  filters: Record<string, unknown>,
): Promise<Row[]> {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({ entity, fields, filters } as never)
  return data as unknown as Row[]
}

/** What can be booked on a resource. */
export type Linked = "product" | "variant"

const LINKS = {
  product: { entity: () => productResource.entryPoint, key: "product_id" },
  variant: { entity: () => variantResource.entryPoint, key: "product_variant_id" },
}

async function links(container: MedusaContainer, of: Linked, ids: string[]) {
  const { entity, key } = LINKS[of]
  const found = await rows(container, entity(), [key, "booking_resource_id"], { [key]: ids })
  return new Map(found.map((row) => [row[key], row.booking_resource_id]))
}

/** The resource of each variant that is booked; the variant's own goes before its product's. */
export async function resourcesOfVariants(
  container: MedusaContainer,
  variantIds: string[],
): Promise<Map<string, string>> {
  const ids = [...new Set(variantIds)]
  if (ids.length === 0) return new Map()
  const variants = await rows(container, "variant", ["id", "product_id"], { id: ids })
  const [own, products] = await Promise.all([
    links(container, "variant", ids),
    links(
      container,
      "product",
      variants.map(({ product_id }) => product_id),
    ),
  ])
  return new Map(
    variants.flatMap(({ id, product_id }) => {
      const resourceId = own.get(id) ?? products.get(product_id)
      return resourceId ? [[id, resourceId]] : []
    }),
  )
}

// ---- links, for staff ---------------------------------------------------------------------------

export async function resourceOf(container: MedusaContainer, of: Linked, id: string) {
  return (await links(container, of, [id])).get(id)
}

export async function titleOf(container: MedusaContainer, of: Linked, id: string) {
  return (await rows(container, of, ["id", "title"], { id }))[0]?.title
}

const linkRow = (of: Linked, id: string, resourceId: string) => ({
  [Modules.PRODUCT]: { [LINKS[of].key]: id },
  [RESOURCE_BOOKING]: { booking_resource_id: resourceId },
})

export async function linkTo(
  container: MedusaContainer,
  of: Linked,
  id: string,
  resourceId: string,
) {
  await container.resolve(ContainerRegistrationKeys.LINK).create(linkRow(of, id, resourceId))
}

export async function unlink(container: MedusaContainer, of: Linked, id: string) {
  const resourceId = await resourceOf(container, of, id)
  if (!resourceId) return
  await container.resolve(ContainerRegistrationKeys.LINK).dismiss(linkRow(of, id, resourceId))
}

/** The products and variants that are booked on a resource. */
export async function linkedTo(container: MedusaContainer, resourceId: string) {
  const titled = async (of: Linked) => {
    const { entity, key } = LINKS[of]
    const found = await rows(container, entity(), [key], { booking_resource_id: resourceId })
    const ids = found.map((row) => row[key])
    return ids.length === 0 ? [] : rows(container, of, ["id", "title"], { id: ids })
  }
  const [products, variants] = await Promise.all([titled("product"), titled("variant")])
  const named = ({ id, title }: Row) => ({ id, title })
  return { products: products.map(named), variants: variants.map(named) }
}

// ---- lines --------------------------------------------------------------------------------------

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The days that a line is for, ascending; they stand in its metadata, which the shopper writes. */
export function datesOf(metadata: ShopLine["metadata"]): string[] | undefined {
  const dates = metadata?.dates
  if (!Array.isArray(dates) || dates.length === 0) return undefined
  if (!dates.every((date) => DAY.test(String(date)))) return undefined
  return [...new Set(dates as string[])].sort()
}

const noDates = () =>
  new BookingError(
    "INVALID_ARGUMENT",
    "metadata.dates: this is booked by the day; name its days, YYYY-MM-DD",
    { field: "metadata.dates" },
  )

/**
 * The lines that book places, of all lines of a cart or order. A line whose days cannot be read is
 * refused, dropped, or kept without days, which no hold is for.
 */
export async function bookedLines(
  container: MedusaContainer,
  lines: ShopLine[],
  unreadable: "refuse" | "drop" | "keep" = "refuse",
): Promise<BookedLine[]> {
  const variantIds = lines.flatMap(({ variant_id }) => variant_id ?? [])
  const resources = await resourcesOfVariants(container, variantIds)
  return lines.flatMap(({ id, variant_id, quantity, metadata }) => {
    const resourceId = resources.get(variant_id ?? "")
    if (!resourceId) return []
    const dates = datesOf(metadata)
    if (!dates && unreadable === "refuse") throw noDates()
    if (!dates && unreadable === "drop") return []
    return [{ id, resourceId, dates: dates ?? [], quantity: Number(quantity) }]
  })
}
