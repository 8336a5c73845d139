// One request to the admin routes. Medusa's own client keeps only the message of a refusal; the
// pages need its code and details too.

import { plainly } from "./refusals"

declare const __BACKEND_URL__: string | undefined
declare const __AUTH_TYPE__: string | undefined
declare const __JWT_TOKEN_STORAGE_KEY__: string | undefined

const backend = typeof __BACKEND_URL__ === "string" ? __BACKEND_URL__.replace(/\/$/, "") : ""
const tokenKey =
  (typeof __JWT_TOKEN_STORAGE_KEY__ === "string" && __JWT_TOKEN_STORAGE_KEY__) ||
  "medusa_auth_token"

export type Query = Record<string, string | number | boolean | undefined>

export type RefusedDay = {
  resource_id: string
  date: string
  requested: number
  available_capacity: number
}

/** Whatever was not a success; without a status nothing was heard at all. */
export class RequestFailed extends Error {
  constructor(
    message: string,
    readonly status?: number,
    readonly code?: string,
    readonly days: RefusedDay[] = [],
  ) {
    super(message)
  }

  /** It may have happened. */
  get isUnknown(): boolean {
    return this.status === undefined || this.status >= 500
  }
}

function credentials(): RequestInit {
  if (typeof __AUTH_TYPE__ !== "string" || __AUTH_TYPE__ !== "jwt") {
    return { credentials: "include" }
  }
  const token = window.localStorage.getItem(tokenKey)
  return { headers: token ? { authorization: `Bearer ${token}` } : {} }
}

function address(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "")
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return `${backend}/admin/resource-booking${path}${given.length ? `?${search}` : ""}`
}

type Refusal = { message?: string; code?: string; details?: { days?: RefusedDay[] } }

async function failure(response: Response): Promise<RequestFailed> {
  const said = (await response.json().catch(() => ({}))) as Refusal
  const message = plainly(said.message ?? `The shop answered ${response.status}.`, said.code)
  return new RequestFailed(message, response.status, said.code, said.details?.days)
}

export async function request<T>(
  method: string,
  path: string,
  { query = {}, body }: { query?: Query; body?: unknown } = {},
): Promise<T> {
  const { headers, ...how } = credentials()
  const response = await fetch(address(path, query), {
    ...how,
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => {
    throw new RequestFailed("The shop does not answer.")
  })
  if (!response.ok) throw await failure(response)
  return (await response.json()) as T
}

const unanswered = new Map<string, string>()

const newToken = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("")

/** A change that has one effect: after a lost answer the same change goes with the same token. */
export async function requestOnce<T>(method: string, path: string, body: object): Promise<T> {
  const key = `${method} ${path} ${JSON.stringify(body)}`
  const token = unanswered.get(key) ?? newToken()
  unanswered.set(key, token)
  try {
    const answer = await request<T>(method, path, { body: { ...body, idempotency_token: token } })
    unanswered.delete(key)
    return answer
  } catch (error) {
    if (!(error instanceof RequestFailed && error.isUnknown)) unanswered.delete(key)
    throw error
  }
}
