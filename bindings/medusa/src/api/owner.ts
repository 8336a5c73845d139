import { createHash, randomBytes } from "node:crypto"
import type { AuthenticatedMedusaRequest, MedusaRequest } from "@medusajs/framework/http"
import { ContainerRegistrationKeys, parseCorsOrigins } from "@medusajs/framework/utils"
import { isInCart } from "../checkout/cart-holds"
import { BookingError, isRefusal } from "../modules/resource-booking/errors"
import type { Context } from "./answer"

// Whose hold it is. The engine knows a hold's holder and finds the hold only for who names it; here
// a request's credentials become such names. A secret is never stored, its hash is.

export const SECRET_HEADER = "x-resource-booking-secret"
export const SECRET_COOKIE = "resource_booking_secret"
const SECRET_BYTES = 32
const [SHORTEST, LONGEST] = [16, 255]

const holderOfSecret = (secret: string) =>
  `secret:${createHash("sha256").update(secret).digest("hex")}`
const holderOfCustomer = (id: string) => `customer:${id}`

function customerOf(req: MedusaRequest): string | undefined {
  const { auth_context: auth } = req as AuthenticatedMedusaRequest
  return auth?.actor_type === "customer" ? auth.actor_id || undefined : undefined
}

/** From the backend's own host, or from a storefront that it lets in. */
function isFromShop(req: MedusaRequest): boolean {
  const { origin, host } = req.headers
  if (!origin) return req.headers["sec-fetch-site"] !== "cross-site"
  if (URL.canParse(origin) && new URL(origin).host === host) return true
  const { projectConfig } = req.scope.resolve(ContainerRegistrationKeys.CONFIG_MODULE)
  return parseCorsOrigins(projectConfig.http.storeCors).some((allowed) =>
    allowed instanceof RegExp ? allowed.test(origin) : allowed === origin,
  )
}

function secretOf(req: MedusaRequest): string | undefined {
  const named = req.headers[SECRET_HEADER]
  if (typeof named === "string") return named
  const cookie = (req.cookies as Record<string, unknown> | undefined)?.[SECRET_COOKIE]
  return typeof cookie === "string" && isFromShop(req) ? cookie : undefined
}

function checkSecret(secret: string): string {
  if (secret.length >= SHORTEST && secret.length <= LONGEST) return secret
  throw new BookingError(
    "INVALID_ARGUMENT",
    `${SECRET_HEADER}: must have ${SHORTEST} to ${LONGEST} characters`,
    { field: SECRET_HEADER },
  )
}

/**
 * The holder of a hold that is about to be made. A customer who is signed in is one; anybody else
 * gets a secret, or keeps theirs, and `tell` gives it to them.
 */
export function newHolder({ req, res, booking }: Context): { holder: string; tell: () => void } {
  const customer = customerOf(req)
  if (customer) return { holder: holderOfCustomer(customer), tell: () => undefined }
  const secret = checkSecret(secretOf(req) ?? randomBytes(SECRET_BYTES).toString("base64url"))
  const tell = () => {
    res.setHeader(SECRET_HEADER, secret)
    res.setHeader("Access-Control-Expose-Headers", `${SECRET_HEADER}, Retry-After`)
    res.cookie(SECRET_COOKIE, secret, {
      httpOnly: true,
      sameSite: "lax",
      secure: req.secure,
      path: "/store/resource-booking",
      maxAge: booking.settings.maxHoldMs,
    })
  }
  return { holder: holderOfSecret(secret), tell }
}

type As = { holder: string } | { asHost: true }

/** Who the request may be, the likeliest first. */
async function candidates({ req }: Context, holdId: string, cartId?: string): Promise<As[]> {
  const secret = secretOf(req)
  const customer = customerOf(req)
  const inCart = cartId !== undefined && (await isInCart(req.scope, cartId, holdId))
  return [
    ...(secret ? [{ holder: holderOfSecret(secret) }] : []),
    ...(customer ? [{ holder: holderOfCustomer(customer) }] : []),
    ...(inCart ? [{ asHost: true } as const] : []),
  ]
}

/** Asks as each owner that the request may be; for anybody else there is no such hold. */
export async function asOwner<T>(
  context: Context,
  holdId: string,
  cartId: string | undefined,
  ask: (as: As) => Promise<T>,
): Promise<T> {
  for (const as of await candidates(context, holdId, cartId)) {
    try {
      return await ask(as)
    } catch (error) {
      if (!isRefusal(error, "HOLD_NOT_FOUND")) throw error
    }
  }
  throw noHold(holdId)
}

export const noHold = (holdId: string) =>
  new BookingError("HOLD_NOT_FOUND", `There is no hold ${holdId}.`, { id: holdId })
