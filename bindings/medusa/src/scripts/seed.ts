// npx medusa exec ./node_modules/medusa-plugin-holdfast/.medusa/server/src/scripts/seed.js
//
// Vehicles, tours and guides with places for a year, each with a product that is booked on it; and
// what a shop needs to sell them: a region, a publishable key. Run again it adds what is missing.
import type { ExecArgs, MedusaContainer } from "@medusajs/framework/types"
import {
  ApiKeyType,
  ContainerRegistrationKeys,
  Modules,
  ProductStatus,
} from "@medusajs/framework/utils"
import {
  createApiKeysWorkflow,
  createProductsWorkflow,
  createRegionsWorkflow,
  linkSalesChannelsToApiKeyWorkflow,
} from "@medusajs/medusa/core-flows"
import { linkTo, resourceOf } from "../checkout/bookable"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import type ResourceBookingService from "../modules/resource-booking/service"
import { SEED, type SeedItem } from "./seed-data"

const DAY_MS = 24 * 60 * 60 * 1000
const DAYS = 365
const CURRENCY = "aud"

const dayFromNow = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

async function seedResource(
  container: MedusaContainer,
  { type, name, description, places }: SeedItem,
) {
  const booking = container.resolve<ResourceBookingService>(RESOURCE_BOOKING)
  const { items } = await booking.ask("listResources", { type, text: name })
  const there = items.find((resource) => resource.name === name)
  const { id } =
    there ?? (await booking.ask("createResource", { type, name, description })).resource
  await booking.ask("initializeCapacity", {
    resourceId: id,
    startDate: dayFromNow(0),
    endDate: dayFromNow(DAYS),
    dailyCapacity: places,
  })
  return id
}

async function salesChannelId(container: MedusaContainer): Promise<string> {
  const channels = container.resolve(Modules.SALES_CHANNEL)
  const [first] = await channels.listSalesChannels({}, { take: 1, order: { created_at: "ASC" } })
  return (first ?? (await channels.createSalesChannels({ name: "Default" }))).id
}

async function seedProduct(
  container: MedusaContainer,
  { name, description, price }: SeedItem,
  channelId: string,
): Promise<string> {
  const [there] = await container.resolve(Modules.PRODUCT).listProducts({ title: name })
  if (there) return there.id
  const { result } = await createProductsWorkflow(container).run({
    input: {
      products: [
        {
          title: name,
          description,
          status: ProductStatus.PUBLISHED,
          sales_channels: [{ id: channelId }],
          options: [{ title: "Booking", values: ["Place"] }],
          variants: [
            {
              title: "Place",
              options: { Booking: "Place" },
              manage_inventory: false,
              prices: [{ currency_code: CURRENCY, amount: price }],
            },
          ],
        },
      ],
    },
  })
  return result[0].id
}

async function seedRegion(container: MedusaContainer) {
  const regions = await container
    .resolve(Modules.REGION)
    .listRegions({}, { relations: ["countries"] })
  if (regions.some(({ countries }) => countries.some(({ iso_2 }) => iso_2 === "au"))) return
  await createRegionsWorkflow(container).run({
    input: {
      regions: [
        {
          name: "Australia",
          currency_code: CURRENCY,
          countries: ["au"],
          payment_providers: ["pp_system_default"],
        },
      ],
    },
  })
}

async function publishableKey(container: MedusaContainer, channelId: string): Promise<string> {
  const title = "Bookings"
  const [there] = await container
    .resolve(Modules.API_KEY)
    .listApiKeys({ title, type: ApiKeyType.PUBLISHABLE })
  if (there) return there.token
  const {
    result: [key],
  } = await createApiKeysWorkflow(container).run({
    input: { api_keys: [{ title, type: ApiKeyType.PUBLISHABLE, created_by: "seed" }] },
  })
  await linkSalesChannelsToApiKeyWorkflow(container).run({
    input: { id: key.id, add: [channelId] },
  })
  return key.token
}

export default async function seed({ container }: ExecArgs) {
  const logger = container.resolve(ContainerRegistrationKeys.LOGGER)
  const channelId = await salesChannelId(container)
  await seedRegion(container)
  for (const item of SEED) {
    const resourceId = await seedResource(container, item)
    const productId = await seedProduct(container, item, channelId)
    if (!(await resourceOf(container, "product", productId))) {
      await linkTo(container, "product", productId, resourceId)
    }
    logger.info(`${item.type} ${item.name}: ${resourceId}, ${productId}`)
  }
  logger.info(`publishable key: ${await publishableKey(container, channelId)}`)
}
