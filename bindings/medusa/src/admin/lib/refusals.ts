// What the staff are told when the shop refuses: the engine's own words are for programmers.

const PLAIN: Record<string, string> = {
  INSUFFICIENT_CAPACITY: "There are not enough places.",
  NO_CAPACITY_SET: "Some of these days have no places yet.",
  BLACKOUT: "Some of these days are closed.",
  BLACKOUT_CONFLICT: "There are bookings or holds on these days, and nothing was closed.",
  CAPACITY_BELOW_BOOKED: "On some of these days more is held and booked than that.",
  DATE_IN_PAST: "Some of these days are over.",
  RESOURCE_INACTIVE: "This resource is paused.",
  RESOURCE_NOT_FOUND: "This resource was deleted.",
  ALREADY_CANCELLED: "This booking was cancelled before.",
}

/** Without an operation's and a code's name in front. */
const withoutNames = (message: string) => message.replace(/^\w+: [A-Z_]+: /, "")

export const plainly = (message: string, code?: string) =>
  PLAIN[code ?? ""] ?? withoutNames(message)
