/// <reference lib="esnext.disposable" />

/** The library's version, "major.minor.patch". */
export const version: string;

/**
 * Opens an engine on a database. Changes nothing there; a new database needs `migrate()`.
 *
 * @param uri `sqlite:PATH`, `sqlite::memory:`, `memory:`, `postgres://...`, `postgresql://...`, or
 *   `postgres:` and libpq's own key=value text.
 * @throws BookingFailed when the database cannot be reached or the address is wrong
 * @throws TypeError, RangeError for an option of a wrong type or name
 */
export function open(uri: string, options?: Options): Promise<Booking>;

/** Times are in milliseconds. */
export interface Options {
  /** An IANA name, for resources that name none. Default: Australia/Brisbane. */
  timezone?: string;
  /** How long a hold lasts that names no ttl. Default: 30 minutes. */
  holdTtl?: number;
  /** From a hold's creation to its last extension. Default: 24 hours. */
  maxHoldLifetime?: number;
  /** For a resource that another process has locked. Default: 2,000. */
  lockTimeout?: number;
  /** How long failures that may be tried again are. Default: 10,000. */
  retryTimeout?: number;
  /** Transactions at once, 1 to 16. Default: 2. */
  lanes?: number;
  /** Threads that serve reads, 1 to 64. Default: 2. */
  readers?: number;
  /** Requests waiting; one more fails with BUSY. Default: 65,536. */
  queueMax?: number;
  /** Is told what the engine logs; a pino logger, for one. Lines hold no personal data. */
  logger?: Logger;
  /** The engine's time, for tests. Default: the database's clock. */
  clock?: TestClock;
}

export interface Logger {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** The engine's time, for tests: it stands still until it is set. */
export class TestClock {
  constructor(date: Date);
  set(date: Date): void;
  /** By milliseconds, negative ones too; 0.001 is a microsecond, the engine's smallest step. */
  advance(milliseconds: number): void;
  /** Cut to milliseconds. */
  now(): Date;
}

// ---- vocabulary ---------------------------------------------------------------------------------

/** A calendar day in the resource's own zone, `YYYY-MM-DD`. Ranges include both ends. */
export type Day = string;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** 1 = Monday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export type HoldStatus = 'ACTIVE' | 'CONFIRMED' | 'RELEASED' | 'EXPIRED';
export type AllocationStatus = 'CONFIRMED' | 'CANCELLED';

/** Why a day cannot be booked: the first that applies. */
export type Unavailable = 'INACTIVE' | 'PAST' | 'NO_CAPACITY_SET' | 'BLACKOUT' | 'SOLD_OUT';

/** Why a request was refused: of two reasons, the one that stands first. */
export type RejectionCode =
  | 'INVALID_ARGUMENT'
  | 'IDEMPOTENCY_MISMATCH'
  | 'RESOURCE_NOT_FOUND'
  | 'RESOURCE_INACTIVE'
  | 'DATE_IN_PAST'
  | 'NO_CAPACITY_SET'
  | 'BLACKOUT'
  | 'INSUFFICIENT_CAPACITY'
  | 'HOLD_NOT_FOUND'
  | 'HOLD_EXPIRED'
  | 'HOLD_EXPIRED_AND_TAKEN'
  | 'HOLD_RELEASED'
  | 'ALREADY_CONFIRMED'
  | 'HOLD_LIFETIME_EXCEEDED'
  | 'ALLOCATION_NOT_FOUND'
  | 'ALREADY_CANCELLED'
  | 'CAPACITY_BELOW_BOOKED'
  | 'BLACKOUT_NOT_FOUND'
  | 'BLACKOUT_CONFLICT';

/** Why a request was not answered. */
export type FailureCode =
  | 'BUSY'
  | 'UNAVAILABLE'
  | 'UNKNOWN'
  | 'SCHEMA'
  | 'CONFIGURATION'
  | 'STORAGE'
  | 'INVARIANT'
  | 'NO_MEMORY'
  | 'MISUSE'
  | 'CLOSED'
  | 'INTERNAL';

/**
 * What may be done about a failure: `never`: the same call fails again; `safe`: nothing happened,
 * try again; `same-token`: it may have happened, repeat it with the same idempotencyToken.
 */
export type Retry = 'never' | 'safe' | 'same-token';

// ---- errors -------------------------------------------------------------------------------------

/** The answer was no. Nothing happened. */
export class BookingRejected extends Error {
  private constructor();
  readonly name: 'BookingRejected';
  /** The method: `createHold`. */
  readonly operation: string;
  readonly code: RejectionCode;
  readonly details: RejectionDetails;
}

/** Only what the code speaks of is filled. */
export interface RejectionDetails {
  /** INVALID_ARGUMENT: the request's field, `items[2].quantity`. */
  field: string | undefined;
  /** HOLD_EXPIRED_AND_TAKEN: what a new hold would be refused for. */
  reason: RejectionCode | undefined;
  /** The resource, hold, allocation or blackout it is about. */
  id: string | undefined;
  /** The days that stood in the way. */
  days: DayConflict[];
  /** BLACKOUT_CONFLICT: the holds inside. */
  holds: Hold[];
  /** BLACKOUT_CONFLICT: the bookings inside. */
  allocations: Allocation[];
}

export interface DayConflict {
  resourceId: string;
  date: Day;
  /** Places asked for on that day, all items together. */
  requested: number;
  /** Places left on that day. */
  availableCapacity: number;
}

/** There is no answer. */
export class BookingFailed extends Error {
  private constructor();
  readonly name: 'BookingFailed';
  /** The method: `createHold`, or `open`. */
  readonly operation: string;
  readonly code: FailureCode;
  readonly retry: Retry;
  /** PostgreSQL's five characters. */
  readonly sqlstate: string | undefined;
  /** With `same-token`: the token to repeat with, also when the engine made it. */
  readonly idempotencyToken: string | undefined;
}

// ---- entities -----------------------------------------------------------------------------------

/** Dates are cut to milliseconds; the engine counts microseconds. */
export interface Resource {
  id: string;
  type: string;
  name: string;
  description: string;
  metadata: Json;
  timezone: string;
  isActive: boolean;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | undefined;
}

export interface Capacity {
  id: string;
  resourceId: string;
  date: Day;
  maxCapacity: number;
  availableCapacity: number;
}

export interface Hold {
  id: string;
  resourceId: string;
  /** Ascending. */
  dates: Day[];
  quantity: number;
  customerEmail: string;
  holder: string;
  idempotencyToken: string;
  status: HoldStatus;
  /** From this instant on it is over. */
  expiresAt: Date;
  groupId: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface Allocation {
  id: string;
  resourceId: string;
  holdId: string;
  orderId: string;
  lineItemId: string;
  /** Ascending. */
  dates: Day[];
  quantity: number;
  status: AllocationStatus;
  createdAt: Date;
  cancelledAt: Date | undefined;
}

export interface Blackout {
  id: string;
  resourceId: string;
  startDate: Day;
  endDate: Day;
  reason: string;
  createdAt: Date;
  deletedAt: Date | undefined;
}

export interface AvailabilityDay {
  date: Day;
  maxCapacity: number;
  /** The true number, also on a day that cannot be booked. */
  availableCapacity: number;
  /** The quantity asked for can be held on that day. */
  isAvailable: boolean;
  reason: Unavailable | undefined;
}

export interface Availability {
  resourceId: string;
  /** One for each day of the range. */
  days: AvailabilityDay[];
  /** With consecutiveDays: the days on which such a stay can start within the range. */
  startDates: Day[];
}

export interface ReportDay {
  date: Day;
  maxCapacity: number;
  availableCapacity: number;
  held: number;
  booked: number;
  blackout: boolean;
  /** (held + booked) / maxCapacity, 0 for a day without places. */
  utilisation: number;
}

/** The numbers are totals over the days. */
export interface CapacityReport {
  resourceId: string;
  days: ReportDay[];
  maxCapacity: number;
  availableCapacity: number;
  held: number;
  booked: number;
  utilisation: number;
}

/** One thing in the tables that must not be. */
export interface Violation {
  resourceId: string;
  /** CONSERVATION, RANGE, ORPHAN, BIJECTION or SHAPE. */
  rule: string;
  detail: string;
}

/** Counters since the engine was opened. */
export interface Metrics {
  holdsRequested: number;
  holdsCreated: number;
  holdsReplayed: number;
  holdsConfirmed: number;
  holdsReleased: number;
  holdsExpired: number;
  allocationsCancelled: number;
  rejections: Record<RejectionCode, number>;
  failures: Record<FailureCode, number>;
  holdToConfirmMeanS: number;
  holdToConfirmP95S: number;
  batches: number;
  /** Decided in those batches. */
  commands: number;
  batchSizeMax: number;
  storageRetries: number;
  lockWaits: number;
  lockTimeouts: number;
  queueDepth: number;
  /** Today's use of each resource that was asked for. */
  use: CapacityReport[];
}

// ---- requests -----------------------------------------------------------------------------------

/**
 * The same request with the same token is carried out once and answered again (`replayed`);
 * another request with it is IDEMPOTENCY_MISMATCH. At most 255 bytes.
 */
export interface WithToken {
  idempotencyToken?: string;
}

/** A hold that was made with a holder is found only by naming it, or by the host for itself. */
export interface WithHolder {
  holder?: string;
  asHost?: boolean;
}

export interface Range {
  startDate: Day;
  endDate: Day;
}

/** At most `limit` rows (default 100, at most 1,000) after the page whose `next` is `after`. */
export interface PageRequest {
  limit?: number;
  after?: string;
}

export interface ResourceId {
  resourceId: string;
}

export interface HoldId {
  holdId: string;
}

export interface HoldIds {
  /** 1 to 64, none twice. */
  holdIds: string[];
}

export interface Ttl {
  /** Milliseconds. Default: the engine's holdTtl. */
  ttl?: number;
}

export interface CreateResourceRequest extends WithToken {
  /** Upper-case letters, digits and _: VEHICLE, TOUR, GUIDE, or your own. */
  type: string;
  name: string;
  description?: string;
  metadata?: Json;
  /** An IANA name. Default: the engine's. */
  timezone?: string;
  isActive?: boolean;
}

/** What is left out stays as it is. */
export interface UpdateResourceRequest extends Partial<CreateResourceRequest>, ResourceId {}

export interface ListResourcesRequest extends PageRequest {
  type?: string;
  isActive?: boolean;
  /** Found in name or description, ASCII letters in either case. */
  text?: string;
  includeDeleted?: boolean;
}

export interface InitializeCapacityRequest extends ResourceId, Range, WithToken {
  /** 0 to 1,000,000. */
  dailyCapacity: number;
  /** Default: every day. */
  weekdays?: Weekday[];
  /** What becomes of days that have places already. Default: keep. */
  onExisting?: 'keep' | 'replace';
}

export interface AdjustCapacityRequest extends ResourceId, WithToken {
  dates: Day[];
  /** Places to add; negative: to take away. */
  delta: number;
}

export interface CheckAvailabilityRequest extends ResourceId, Range {
  quantity: number;
}

export interface SearchAvailabilityRequest extends Range {
  /** All active resources of this type; or: */
  type?: string;
  /** These, at most 1,000. Those that do not exist are left out. */
  resourceIds?: string[];
  quantity: number;
  /** startDates are wanted, for stays of this many days. */
  consecutiveDays?: number;
}

export interface GetCapacityReportRequest extends ResourceId, Range {}

export interface HoldItem extends ResourceId {
  /** 1 to 366, any order, none twice. */
  dates: Day[];
  /** 1 to 1,000,000, on each of the dates. */
  quantity: number;
}

export interface HoldFor extends Ttl, WithToken {
  customerEmail?: string;
  /** An opaque text of yours: who the hold belongs to. */
  holder?: string;
}

export interface CreateHoldRequest extends HoldItem, HoldFor {}

export interface CreateHoldsRequest extends HoldFor {
  /** 1 to 64. A day that stands in several is summed before it is checked. */
  items: HoldItem[];
}

export interface ConfirmFor extends WithHolder, WithToken {
  orderId: string;
  lineItemId?: string;
  /** reclaim: book it if the places are still free. Default: reject. */
  ifExpired?: 'reject' | 'reclaim';
}

export interface ListHoldsRequest extends PageRequest {
  resourceId?: string;
  /** As readers see it: an ACTIVE hold whose time is over is EXPIRED. */
  status?: HoldStatus;
  customerEmail?: string;
  groupId?: string;
}

/** By allocation, or by order (and line item): every CONFIRMED one of it. */
export interface CancelAllocationRequest extends WithToken {
  allocationId?: string;
  orderId?: string;
  /** With orderId only. Default: all of the order. */
  lineItemId?: string;
}

export interface NewPlaces {
  dates: Day[];
  /** Default: as it was. */
  quantity?: number;
}

export interface MoveHoldRequest extends HoldId, NewPlaces, WithHolder, WithToken {}

export interface MoveAllocationRequest extends NewPlaces, WithToken {
  allocationId: string;
}

export interface ListAllocationsRequest extends PageRequest {
  resourceId?: string;
  orderId?: string;
  lineItemId?: string;
  status?: AllocationStatus;
  /** With endDate: those with a day in the range. */
  startDate?: Day;
  endDate?: Day;
}

export interface CreateBlackoutRequest extends ResourceId, Range, WithToken {
  reason?: string;
  /** When something is held or booked inside. Default: refuse. */
  onConflict?: 'refuse' | 'keep';
}

export interface ListBlackoutsRequest extends PageRequest {
  resourceId?: string;
  /** With endDate: those that touch the range. */
  startDate?: Day;
  endDate?: Day;
}

export interface MetricsRequest {
  /** Whose use today is wanted, at most 1,000. */
  resourceIds?: string[];
}

export interface PruneRequest {
  /** At least 24. Default: 30 days. */
  olderThanHours?: number;
  /** Taken off every hold, whatever its age. */
  eraseCustomerEmail?: string;
}

// ---- answers ------------------------------------------------------------------------------------

export interface Replayed {
  /** An earlier request with the same token, or an earlier call, had done it already. */
  replayed: boolean;
}

export interface ResourceAnswer extends Replayed {
  resource: Resource;
}
export interface HoldAnswer extends Replayed {
  hold: Hold;
}
/** In the request's order. */
export interface HoldsAnswer extends Replayed {
  holds: Hold[];
}
export interface AllocationAnswer extends Replayed {
  allocation: Allocation;
}
/** In the request's order. */
export interface AllocationsAnswer extends Replayed {
  allocations: Allocation[];
}

export interface Page<T> {
  items: T[];
  /** What to pass as `after`; undefined on the last page. */
  next: string | undefined;
}

export interface VerifyAnswer {
  resources: number;
  days: number;
  holds: number;
  allocations: number;
  /** None: the tables are sound. */
  violations: Violation[];
}

export interface PruneAnswer {
  holdsRemoved: number;
  tokensRemoved: number;
  blackoutsRemoved: number;
  emailsErased: number;
}

// ---- the engine ---------------------------------------------------------------------------------

/**
 * An open engine. Every method rejects with BookingRejected (beside INVALID_ARGUMENT with what its
 * comment lists), with BookingFailed, or with TypeError or RangeError for a request that no engine
 * is asked about.
 */
export class Booking implements AsyncDisposable {
  private constructor();

  /** Carries out what has begun, fails the rest with CLOSED, closes. Again: the same promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  /** Brings the schema to this library's version; safe when several hosts start at once. */
  migrate(): Promise<{ schemaVersion: number }>;

  /** IDEMPOTENCY_MISMATCH. */
  createResource(request: CreateResourceRequest): Promise<ResourceAnswer>;
  /** IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND. */
  updateResource(request: UpdateResourceRequest): Promise<ResourceAnswer>;
  /** Finds a deleted one too. RESOURCE_NOT_FOUND. */
  retrieveResource(request: ResourceId): Promise<{ resource: Resource }>;
  listResources(request?: ListResourcesRequest): Promise<Page<Resource>>;
  /** Nothing new can be held, what is booked stays. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND. */
  deleteResource(request: ResourceId & WithToken): Promise<ResourceAnswer>;
  /** Takes a delete back. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND. */
  restoreResource(request: ResourceId & WithToken): Promise<ResourceAnswer>;

  /**
   * Sets the places of each day of a range of at most 3,660 days. IDEMPOTENCY_MISMATCH,
   * RESOURCE_NOT_FOUND, CAPACITY_BELOW_BOOKED.
   */
  initializeCapacity(
    request: InitializeCapacityRequest,
  ): Promise<{ daysCreated: number; daysChanged: number } & Replayed>;
  /** IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, NO_CAPACITY_SET, CAPACITY_BELOW_BOOKED. */
  adjustCapacity(request: AdjustCapacityRequest): Promise<{ days: Capacity[] } & Replayed>;
  /** A range of at most 366 days. RESOURCE_NOT_FOUND. */
  checkAvailability(request: CheckAvailabilityRequest): Promise<Availability>;
  /** The same for many resources at one moment, ascending by resource. */
  searchAvailability(request: SearchAvailabilityRequest): Promise<{ resources: Availability[] }>;
  /** A range of at most 366 days. RESOURCE_NOT_FOUND. */
  getCapacityReport(request: GetCapacityReportRequest): Promise<CapacityReport>;

  /**
   * IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, RESOURCE_INACTIVE, DATE_IN_PAST, NO_CAPACITY_SET,
   * BLACKOUT, INSUFFICIENT_CAPACITY.
   */
  createHold(request: CreateHoldRequest): Promise<HoldAnswer>;
  /** All items or none. Refused like createHold. */
  createHolds(request: CreateHoldsRequest): Promise<HoldsAnswer & { groupId: string }>;
  /**
   * To now + ttl, never earlier than it was. IDEMPOTENCY_MISMATCH, HOLD_NOT_FOUND, HOLD_EXPIRED,
   * HOLD_RELEASED, ALREADY_CONFIRMED, HOLD_LIFETIME_EXCEEDED.
   */
  extendHold(request: HoldId & Ttl & WithHolder & WithToken): Promise<HoldAnswer>;
  /** All or none. */
  extendHolds(request: HoldIds & Ttl & WithHolder & WithToken): Promise<HoldsAnswer>;
  /**
   * The same order again: the same allocation. HOLD_NOT_FOUND, HOLD_EXPIRED (with reclaim
   * HOLD_EXPIRED_AND_TAKEN), HOLD_RELEASED, ALREADY_CONFIRMED.
   */
  confirmHold(request: HoldId & ConfirmFor): Promise<AllocationAnswer>;
  /** All or none. */
  confirmHolds(request: HoldIds & ConfirmFor): Promise<AllocationsAnswer>;
  /** Again: the same answer. HOLD_NOT_FOUND, HOLD_EXPIRED, ALREADY_CONFIRMED. */
  releaseHold(request: HoldId & WithHolder & WithToken): Promise<HoldAnswer>;
  /** All or none. */
  releaseHolds(request: HoldIds & WithHolder & WithToken): Promise<HoldsAnswer>;
  /** HOLD_NOT_FOUND. */
  retrieveHold(request: HoldId & WithHolder): Promise<{ hold: Hold }>;
  listHolds(request?: ListHoldsRequest): Promise<Page<Hold>>;
  /** Records holds whose time is over as EXPIRED; never needed for correctness. */
  cleanupExpiredHolds(request?: { limit?: number }): Promise<{ holdsExpired: number }>;

  /** Again: the same answer. ALLOCATION_NOT_FOUND. */
  cancelAllocation(request: CancelAllocationRequest): Promise<AllocationsAnswer>;
  /** On the same resource. Refused like createHold for what it adds, and like extendHold. */
  moveHold(request: MoveHoldRequest): Promise<HoldAnswer>;
  /** Refused like createHold for what it adds; ALLOCATION_NOT_FOUND, ALREADY_CANCELLED. */
  moveAllocation(request: MoveAllocationRequest): Promise<AllocationAnswer>;
  listAllocations(request?: ListAllocationsRequest): Promise<Page<Allocation>>;

  /** At most 3,660 days. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, BLACKOUT_CONFLICT. */
  createBlackout(
    request: CreateBlackoutRequest,
  ): Promise<{ blackout: Blackout; holds: Hold[]; allocations: Allocation[] } & Replayed>;
  listBlackouts(request?: ListBlackoutsRequest): Promise<Page<Blackout>>;
  /** Again: the same answer. BLACKOUT_NOT_FOUND. */
  deleteBlackout(
    request: { blackoutId: string } & WithToken,
  ): Promise<{ blackout: Blackout } & Replayed>;

  /** Recomputes every sum and reference from the rows. */
  verify(): Promise<VerifyAnswer>;
  metrics(request?: MetricsRequest): Promise<Metrics>;
  /** The same in Prometheus' text format. */
  prometheus(request?: MetricsRequest): Promise<string>;
  /** Removes ended holds, deleted blackouts and remembered tokens that are old. */
  prune(request?: PruneRequest): Promise<PruneAnswer>;
}
