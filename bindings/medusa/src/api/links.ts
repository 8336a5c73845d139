import { type Linked, linkTo, resourceOf, titleOf, unlink } from "../checkout/bookable"
import { BookingError } from "../modules/resource-booking/errors"
import { presentResource } from "../modules/resource-booking/present"
import { answer, type Context } from "./answer"
import { LinkBody } from "./schemas"

// The same three routes for products and for variants.

async function checkExists({ req }: Context, of: Linked): Promise<string> {
  const { id } = req.params
  if (await titleOf(req.scope, of, id)) return id
  throw new BookingError(`${of.toUpperCase()}_NOT_FOUND`, `There is no ${of} ${id}.`, { id })
}

async function shown({ req, booking }: Context, of: Linked, id: string) {
  const resourceId = await resourceOf(req.scope, of, id)
  const resource = resourceId ? await booking.findResource(resourceId) : undefined
  return { body: { resource: resource ? presentResource(resource) : null } }
}

export const getLink = (of: Linked) =>
  answer({}, async (context) => shown(context, of, await checkExists(context, of)))

export const setLink = (of: Linked) =>
  answer({ body: LinkBody }, async (context) => {
    const { req, booking, body } = context
    const id = await checkExists(context, of)
    const { resource } = await booking.ask("retrieveResource", { resourceId: body.resource_id })
    await unlink(req.scope, of, id)
    await linkTo(req.scope, of, id, resource.id)
    return shown(context, of, id)
  })

export const removeLink = (of: Linked) =>
  answer({}, async (context) => {
    const id = await checkExists(context, of)
    await unlink(context.req.scope, of, id)
    return shown(context, of, id)
  })
