"""The wrong builds, what catches each, and the points at which a host can be made to die."""

from seams import Before, Prelude, Sql, Swap, Test, Variant

STATE = "src/core/state.cpp"
DECIDE = "src/core/decide.cpp"
HOLDS = "src/core/holds.cpp"
CONFIRM = "src/core/confirm.cpp"
MOVE = "src/core/move.cpp"
CAPACITY = "src/core/capacity.cpp"
BLACKOUTS = "src/core/blackouts.cpp"
AVAILABILITY = "src/core/availability.cpp"
ATTEMPT = "src/engine/attempt.cpp"
MEMORY = "src/storage/memory/memory.cpp"
MEMORY_WRITER = "src/storage/memory/writer.hpp"
SQLITE = "src/storage/sqlite/storage.cpp"
SQLITE_CONNECTION = "src/storage/sqlite/connection.cpp"
SQLITE_WRITE = "src/storage/sqlite/write.cpp"
POSTGRES = "src/storage/postgres/storage.cpp"
POSTGRES_LOAD = "src/storage/postgres/load.cpp"
POSTGRES_WRITE = "src/storage/postgres/write.cpp"

STORIES = Test("stories")
TIME_MACHINE = Test("time_machine")
QUICK = {STORIES, TIME_MACHINE}


def core(name):
    return Test("core", name)


def contract(name, backends="memory"):
    return Test("contract", name, backends)


def operations(name, backends="memory"):
    return Test("operations", name, backends)


def scenarios(name, backends="memory"):
    return Test("scenarios", name, backends)


def sqlite(name):
    return Test("sqlite", name)


def postgres(name):
    return Test("postgres", name)


NOTHING = "static_cast<void>(0);"

COUNTING = [
    Variant("one-too-many", "a day sells one place more than it has", STORIES, (
        Swap(DECIDE, "w.key->day(w.date)->available_capacity < w.quantity",
             "w.key->day(w.date)->available_capacity + 1 < w.quantity"),)),
    Variant("one-too-few", "the last place is never sold", STORIES, (
        Swap(DECIDE, "w.key->day(w.date)->available_capacity < w.quantity",
             "w.key->day(w.date)->available_capacity <= w.quantity"),)),
    Variant("old-state-in-a-batch", "a batch's second command sees the places as they were",
            core("a batch is decided as its commands one by one"), (
        Swap(DECIDE, "w.key->day(w.date)->available_capacity < w.quantity",
             "w.key->day(w.date)->loaded_available < w.quantity"),)),
    Variant("items-not-summed", "the same day twice in one request is checked item by item",
            scenarios("the same day twice against one place refuses the whole request"), (
        Swap(DECIDE, "wanted[i].key == wanted[kept].key && wanted[i].date == wanted[kept].date",
             "false"),)),
    Variant("hold-takes-nothing", "a hold takes no places", STORIES, (
        Swap(HOLDS, "state.give(state.key(item.resource_id), item.dates, -item.quantity);",
             NOTHING),)),
    Variant("release-returns-nothing", "released places are gone", STORIES, (
        Swap(HOLDS, "state.give(state.key(row->hold().resource_id), row->hold().dates, "
                    "row->hold().quantity);", NOTHING),)),
    Variant("release-returns-twice", "each release gives the places back", STORIES, (
        Swap(HOLDS, "if (row->hold().status != HoldStatus::kActive) continue;",
             "if (row->hold().status != HoldStatus::kActive && "
             "row->hold().status != HoldStatus::kReleased) continue;"),)),
    Variant("cancel-returns-nothing", "cancelled places are gone", STORIES, (
        Swap(CONFIRM, "state.give(state.key(allocation.resource_id), allocation.dates, "
                      "allocation.quantity);", NOTHING),)),
    Variant("cancel-returns-twice", "each cancel gives the places back", STORIES, (
        Swap(CONFIRM, "allocation.status == AllocationStatus::kConfirmed", "true",
             after="const CancelAllocations& r) {"),)),
    Variant("expiry-returns-nothing", "places of expired holds are gone", STORIES, (
        Swap(STATE, "give(of, row.hold().dates, row.hold().quantity);", NOTHING),)),
    Variant("confirm-returns-places", "a confirmed hold gives its places back", STORIES, (
        Swap(CONFIRM, "++context.tally.confirmed;",
             "++context.tally.confirmed; "
             "state.give(state.key(hold.resource_id), hold.dates, hold.quantity);"),)),
    Variant("group-in-part", "of a group those are held that fit",
            scenarios("one item that cannot be had takes nothing of the others"), (
        Swap(HOLDS, "refuse(wanted)",
             "r.items.size() > 1 ? std::optional<Rejection>() : refuse(wanted)",
             after="sum_by_day(wanted);"),
        Swap(HOLDS, "stored.fingerprint = command.fingerprint;",
             "const auto lacks = [&](Date date) { "
             "const DayRow* row = state.key(item.resource_id).day(date); "
             "return row == nullptr || row->available_capacity < item.quantity; }; "
             "if (std::any_of(item.dates.begin(), item.dates.end(), lacks)) continue; "
             "stored.fingerprint = command.fingerprint;"),)),
    Variant("group-by-its-first", "of a group only the first item is checked",
            scenarios("one item that cannot be had takes nothing of the others"), (
        Swap(HOLDS, "for (const Date date : item.dates) "
                    "wanted.push_back({&key, date, item.quantity});",
             "if (&item == &r.items.front()) for (const Date date : item.dates) "
             "wanted.push_back({&key, date, item.quantity});"),)),
    Variant("adjust-below-booked", "capacity can be lowered below what is taken", STORIES, (
        Swap(CAPACITY, "max < taken(*day)", "false"),)),
    Variant("replace-below-booked", "initialize can lower capacity below what is taken",
            operations("Initialize with replace changes the days and keeps what is taken"), (
        Swap(CAPACITY, "taken(*day) <= r.daily_capacity", "true"),)),
    Variant("reads-count-due-holds", "readers see places of due holds as taken",
            core("places of due holds are free to readers"), (
        Swap(AVAILABILITY, "row.available_capacity + row.due", "row.available_capacity"),)),
]

EXPIRY = [
    Variant("expiry-is-a-predicate", "an expired hold's places are sold and nothing is recorded",
            STORIES, (
        Swap(STATE, "set_status(row, HoldStatus::kExpired);",
             "row.hold().status = HoldStatus::kExpired;"),)),
    Variant("expired-comes-back", "EXPIRED is ACTIVE again when the clock steps back", STORIES, (
        Swap(STATE, "row.loaded_status = row.hold().status;",
             "if (row.hold().status == HoldStatus::kExpired && now_ < row.hold().expires_at) "
             "row.hold().status = HoldStatus::kActive; row.loaded_status = row.hold().status;"),)),
    Variant("expires-early", "a hold ends a microsecond early",
            scenarios("before, at and after expires_at everything agrees to the microsecond"), (
        Swap(STATE, "is_due(at->second->hold())",
             "at->second->hold().status == HoldStatus::kActive && "
             "now_ + std::chrono::microseconds(1) >= at->second->hold().expires_at"),)),
    Variant("expires-late", "a hold ends after expires_at, not at it", STORIES, (
        Swap(STATE, "is_due(at->second->hold())",
             "is_due(at->second->hold()) && now_ > at->second->hold().expires_at"),
        Swap(STATE, "is_due(row.hold())",
             "is_due(row.hold()) && now_ > row.hold().expires_at"),)),
    Variant("reads-expire-late", "readers see a hold ACTIVE at expires_at",
            core("a due ACTIVE hold is seen EXPIRED, from the very instant"), (
        Swap(AVAILABILITY, "now >= hold.expires_at", "now > hold.expires_at"),)),
    Variant("sweep-ends-confirmed", "a confirmed hold runs out like any other", STORIES, (
        Swap(STATE, "is_due(at->second->hold())",
             "is_due(at->second->hold()) || (at->second->hold().status == HoldStatus::kConfirmed "
             "&& now_ >= at->second->hold().expires_at)"),)),
    Variant("confirm-clock-before-replay", "confirm looks at the clock before its own record",
            STORIES, (
        Swap(CONFIRM, "if (same_order(state.allocation_of_hold(hold.id), r)) continue;",
             "if (state.now() >= hold.expires_at) "
             "{ prefer(rejection, Outcome::kHoldExpired, hold.id); continue; } "
             "if (same_order(state.allocation_of_hold(hold.id), r)) continue;"),)),
    Variant("extend-expired", "an expired hold can be extended", STORIES, (
        Swap(HOLDS, "if (rejection) return std::move(*rejection);",
             "if (rejection && rejection->outcome != Outcome::kHoldExpired) "
             "return std::move(*rejection);",
             after="if (replay.record != nullptr) return Value(answer_of("),
        Swap(HOLDS, "row->rewrite();",
             "row->hold().status = HoldStatus::kActive; row->rewrite();"),)),
    Variant("extend-beyond-lifetime", "extensions have no end",
            scenarios("an extension reaches max_hold_lifetime and not a millisecond past it"), (
        Swap(HOLDS, "expires_at > row->hold().created_at + context.policy.max_hold_lifetime",
             "false"),)),
    Variant("extend-shortens", "an extension can bring the end nearer",
            operations("Extend moves expires_at to now and ttl, never back, up to the lifetime"), (
        Swap(HOLDS, "std::max(row->hold().expires_at, expires_at)", "expires_at"),)),
    Variant("hosts-clock", "expires_at is counted from the host's clock",
            operations("Every field of a hold goes in and comes out"), (
        Swap(HOLDS, "hold.expires_at = state.now() + r.ttl.value_or(context.policy.hold_ttl);",
             "hold.expires_at = std::chrono::time_point_cast<Instant::duration>("
             "std::chrono::system_clock::now()) + r.ttl.value_or(context.policy.hold_ttl);"),)),
    Variant("more-due-forgotten", "a refusal does not ask whether more holds are due",
            scenarios("more due holds than one transaction records still make way for a hold"), (
        Swap(HOLDS, "may_free_places(wanted)", "false"),)),
]

RULES = [
    Variant("blackout-ignored-by-hold", "a hold can be made inside a blackout", STORIES, (
        Swap(DECIDE, "w.key->blacked_out(w.date)", "false"),)),
    Variant("blackout-ignored-by-move", "a hold can be moved into a blackout",
            scenarios("a kept blackout lets what is inside live and nothing new in"), (
        Swap(MOVE, "refuse(wanted)",
             "[&] { auto no = refuse(wanted); if (no && no->outcome == Outcome::kBlackout) "
             "no.reset(); return no; }()", after="const MoveHold& r) {"),)),
    Variant("blackout-ignored-by-reclaim", "a late payment can book into a blackout",
            scenarios("a reclaim is new work: not on a closed, deleted or blacked-out day"), (
        Swap(CONFIRM, "refuse(wanted)",
             "[&] { auto no = refuse(wanted); if (no && no->outcome == Outcome::kBlackout) "
             "no.reset(); return no; }()"),)),
    Variant("blackout-last-day-open", "a blackout leaves its last day open", STORIES, (
        Swap(STATE, "date <= blackout.end_date", "date < blackout.end_date"),)),
    Variant("blackout-over-bookings", "a blackout is made over what is booked",
            scenarios("a blackout over bookings is refused with exactly those inside"), (
        Swap(BLACKOUTS, "conflict && r.on_conflict == OnConflict::kRefuse", "false"),)),
    Variant("past-days", "days that are over can be held",
            operations("create_hold and create_holds give the first reason of the documented "
                       "order"), (
        Swap(DECIDE, "w.date < w.key->today", "false"),)),
    Variant("utc-days", "today is UTC's, not the resource's",
            operations("Today is the resource's own"), (
        Swap("src/engine/zones.cpp", "now.time_since_epoch() + offset.value",
             "now.time_since_epoch()"),)),
    Variant("inactive-resource", "an inactive resource can be held",
            operations("On a closed resource what is held lives on, and nothing new begins"), (
        Swap(DECIDE, "!w.key->resource->is_active", "false"),)),
    Variant("deleted-resource", "a deleted resource can be held",
            operations("create_hold and create_holds give the first reason of the documented "
                       "order"), (
        Swap(DECIDE, "!w.key->exists()", "!w.key->resource"),)),
    Variant("deleted-resource-changes", "a deleted resource takes blackouts and capacity",
            operations("A deleted resource refuses new places and blackouts too"), (
        Swap(DECIDE, "key.exists()", "key.resource.has_value()"),)),
    Variant("reclaim-unchecked", "a late payment books without looking for places", STORIES, (
        Swap(CONFIRM, "refuse(wanted)", "std::optional<Rejection>()"),)),
    Variant("reclaim-takes-nothing", "a late payment books and takes no places", STORIES, (
        Swap(CONFIRM, "state.give(state.key(hold.resource_id), hold.dates, -hold.quantity);",
             NOTHING),)),
    Variant("another-orders-hold", "any order may have a confirmed hold", STORIES, (
        Swap(CONFIRM, "row != nullptr && row->allocation.order_id == r.order_id &&\n"
                      "         row->allocation.line_item_id == r.line_item_id",
             "row != nullptr"),)),
    Variant("line-not-compared", "an order's lines are taken for one another",
            operations("Confirm again is the same allocation for the same order, at any time"), (
        Swap(CONFIRM, "row != nullptr && row->allocation.order_id == r.order_id &&\n"
                      "         row->allocation.line_item_id == r.line_item_id",
             "row != nullptr && row->allocation.order_id == r.order_id"),)),
    Variant("move-against-itself", "a move needs the places that it has",
            scenarios("a hold's own places do not stand in the way of its move"), (
        Swap(MOVE, "had ? old_quantity : 0", "0 * old_quantity * had"),)),
    Variant("move-keeps-old-days", "a move does not give the old days back", STORIES, (
        Swap(MOVE, "state.give(key, hold.dates, hold.quantity);", NOTHING),)),
    Variant("move-unchecked", "a move does not look at the new days", STORIES, (
        Swap(MOVE, "refuse(wanted)", "std::optional<Rejection>()", after="const MoveHold& r) {"),)),
    Variant("booking-move-unchecked", "a booking's move does not look at the new days",
            operations("A booking moves like a hold, and an ended one does not"), (
        Swap(MOVE, "refuse(wanted)", "std::optional<Rejection>()",
             after="const MoveAllocation& r) {"),)),
]

TOKENS = [
    Variant("hold-token-not-compared", "another request with a hold's token is its replay",
            STORIES, (
        Swap(HOLDS, "row->stored.fingerprint != command.fingerprint", "false"),)),
    Variant("token-not-compared", "another request with a remembered token is its replay",
            operations("Every other operation that carries a token replays its answer, "
                       "or is a mismatch"), (
        Swap(DECIDE, "record.fingerprint == command.fingerprint", "true"),)),
    Variant("token-not-recorded", "requests are not remembered", STORIES, (
        Swap(DECIDE, "if (token.empty()) return;", "return;",
             after="void remember(State& state"),)),
    Variant("replay-holds-again", "a repeated request makes a second hold", STORIES, (
        Swap(HOLDS, "if (found.empty()) return std::nullopt;", "return std::nullopt;"),
        Swap(HOLDS, "static_cast<std::int32_t>(i)",
             "static_cast<std::int32_t>(i + state.holds_of_token(item.resource_id, "
             "r.idempotency_token).size())"),)),
    Variant("quantity-not-in-fingerprint", "another quantity is the same request",
            core("everything that create_holds asks for makes its fingerprint, but not the email"),
            (Swap("src/core/fingerprint.cpp", "e.number(item.quantity);", NOTHING),)),
    Variant("email-in-fingerprint", "a corrected address is another request",
            core("everything that create_holds asks for makes its fingerprint, but not the email"),
            (Swap("src/core/fingerprint.cpp", "e.text(r.holder);",
                  "e.text(r.holder); e.text(r.customer_email);",
                  after="void put(Encoder& e, const CreateHolds& r) {"),)),
    Variant("holder-not-checked", "anybody may touch a hold",
            operations("A hold with a holder is touched by that holder, by the host, "
                       "and by nobody else"), (
        Swap(HOLDS, "as_host || equal_constant_time(row->hold().holder, holder)", "true"),)),
    Variant("holder-not-checked-by-confirm", "anybody may confirm a hold",
            operations("A hold with a holder is touched by that holder, by the host, "
                       "and by nobody else"), (
        Swap(CONFIRM, "find_hold(state, id, r.holder, r.as_host)",
             "find_hold(state, id, r.holder, true)"),)),
    Variant("holder-not-checked-by-move", "anybody may move a hold",
            operations("A hold with a holder is touched by that holder, by the host, "
                       "and by nobody else"), (
        Swap(MOVE, "find_hold(state, r.hold_id, r.holder, r.as_host)",
             "find_hold(state, r.hold_id, r.holder, true)"),)),
    Variant("holder-not-checked-by-reads", "anybody may look at a hold",
            operations("A hold with a holder is touched by that holder, by the host, "
                       "and by nobody else"), (
        Swap("src/engine/reads.cpp",
             "!r.as_host && !core::equal_constant_time(stored.hold.holder, r.holder)", "false"),)),
    Variant("ids-predictable", "ids are counted, not random",
            operations("Nobody can guess an id or a made token from the ones before it"), (
        Swap("src/engine/ids.cpp", "random_bytes()", after="for (const std::uint8_t byte : ", wrong=
             "[] { static std::atomic<std::uint32_t> last{0}; std::array<std::uint8_t, 10> b{}; "
             "const std::uint32_t next = ++last; "
             "for (int i = 0; i < 4; ++i) b[9 - i] = std::uint8_t(next >> 8 * i); return b; }()"),
        Prelude("src/engine/ids.cpp", "#include <atomic>"),)),
]

ENGINE = [
    Variant("deferred-is-refused", "a command that should run again is refused instead",
            TIME_MACHINE, (
        Swap(ATTEMPT, "again.commands.push_back(batch.commands[i]);\n"
                      "        again.indices.push_back(batch.indices[i]);",
             "client.deliver(batch.indices[i], core::Verdict(Rejection{"
             ".outcome = Outcome::kInsufficientCapacity}));"),)),
    Variant("deferred-is-overtaken", "commands pass one that waits on their resource",
            core("a batch is decided as its commands one by one"), (
        Swap(DECIDE, "for (const auto& name : command->keys) state.key(name).deferred = true;",
             NOTHING),)),
    Variant("poisoned-batch-whole", "one poisoned command fails its whole batch", TIME_MACHINE, (
        Swap(ATTEMPT,
             "!alone && !down && (done.error().retry == Retry::kNever || tries >= 2)", "false"),)),
    Variant("unknown-told-safe", "an unknown outcome is told as nothing happened", TIME_MACHINE, (
        Swap(ATTEMPT, "error.status = Status::kUnknown;\n    error.retry = Retry::kSameToken;",
             "error.status = Status::kUnavailable; error.retry = Retry::kSafe;"),)),
    Variant("unknown-told-done", "an unknown outcome is told as done", TIME_MACHINE, (
        Swap(ATTEMPT, "!done.ok()",
             "!done.ok() && done.error().retry != Retry::kSameToken"),)),
    Variant("blind-retry", "after an unknown outcome the hold is asked for with another token",
            TIME_MACHINE, (
        Swap(ATTEMPT, "batch.unknown = true;",
             "batch.unknown = true; for (const core::Command* c : batch.commands) { "
             "auto& again = const_cast<core::Command&>(*c); "
             "auto* r = std::get_if<CreateHolds>(&again.action); if (r == nullptr) continue; "
             "r->idempotency_token += '+'; "
             "for (auto& id : again.ids) id.back() = id.back() == '0' ? '1' : '0'; }"),)),
    Variant("replay-of-ones-own", "a caller who asked once is told of a replay", TIME_MACHINE, (
        Swap(ATTEMPT, "forgive_replays(in_doubt, decision.verdicts);", NOTHING,
             after="return attempt(std::move(tail), deadline, client);"),)),
    Variant("cancel-by-order-once", "cancel by order does not look again",
            operations("Cancel by order takes an order of more lines than one transaction does"), (
        Swap("src/engine/upkeep.cpp", "if (!done.ok()) return done;",
             "if (!done.ok()) return done; break;",
             after="answer.replayed = answer.replayed && part.replayed; });"),)),
    Variant("pages-skip-ties", "a page goes on after the last instant, not the last row",
            operations("Pages show each row once, by created_at and then id, "
                       "while others are inserted"), (
        Swap("src/engine/reads.cpp",
             "core::print_cursor({page.items.back().created_at, page.items.back().id})",
             "core::print_cursor({page.items.back().created_at + std::chrono::microseconds(1), "
             "std::string()})"),)),
    Variant("verify-blind", "verify does not add up",
            core("the audit finds each kind of violation"), (
        Swap("src/core/audit.cpp", "row.max_capacity != row.available_capacity + taken",
             "false"),)),
    Variant("verify-silent", "verify reports nothing",
            core("the audit finds each kind of violation"), (
        Swap("src/core/audit.cpp", "if (answer_.violations.size() >= kViolationsMax) return;",
             "return;"),)),
    Variant("prune-confirmed", "prune removes confirmed holds",
            operations("prune removes what ended long ago and nothing else"), (
        Swap(STATE, "if (!ended) return;", NOTHING),
        Swap("src/storage/memory/loader.hpp",
             "status == HoldStatus::kReleased || status == HoldStatus::kExpired",
             "status != HoldStatus::kActive"),)),
    Variant("prune-young", "prune removes what ended just now",
            operations("prune removes what ended long ago and nothing else"), (
        Swap("src/engine/upkeep.cpp", "now - r.older_than", "now"),)),
]

LOCKS = [
    Variant("no-lock", "memory: keys are not locked",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote"), (
        Swap(MEMORY, "seams_.lock", "false", after="KeyLocks::Held held(locks_);"),)),
    Variant("lock-after-read", "memory: keys are locked after they are read",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote"), (
        Swap(MEMORY, "seams_.lock", "false", after="KeyLocks::Held held(locks_);"),
        Swap(MEMORY, "load(scope, true)",
             "[&] { Snapshot early = load(scope, true); static_cast<void>(lock(scope, held)); "
             "return early; }()"),)),
    Variant("keys-unsorted", "memory: keys are locked in any order",
            contract("Overlapping lists of keys, in any order, neither deadlock nor overlap"), (
        Swap(MEMORY, "std::sort(keys.begin(), keys.end(), less);",
             "std::sort(keys.begin(), keys.end(), less); static std::atomic<int> turn{0}; "
             "if (++turn % 2 == 0) std::reverse(keys.begin(), keys.end());"),)),
    Variant("clock-before-lock", "memory: the clock is read before the lock is granted",
            contract("The instant a waiter is given was read after it got the lock"), (
        Prelude(MEMORY, "static thread_local holdfast::Instant zoo_early;"),
        Swap(MEMORY, "if (!migrated_) return not_migrated();",
             "zoo_early = now(); if (!migrated_) return not_migrated();",
             after="const MeanwhileFn& meanwhile) override {"),
        Swap(MEMORY, "now()", "locked ? zoo_early : now()", after="Snapshot snapshot{.now = "),)),
    Variant("no-status-guard", "memory: a hold's update does not look at its status",
            contract("Each guard alone stops its change"), (
        Swap(MEMORY_WRITER, "guard_ && next.status != from", "false"),)),
    Variant("no-capacity-guard", "memory: a write does not look at what is left",
            contract("Each guard alone stops its change"), (
        Swap(MEMORY_WRITER, "guard_ && (available < 0 || available > max)", "false"),)),
    Variant("no-lock-no-guard", "memory: neither lock nor guard",
            contract("A guard that does not hold writes nothing of its transaction, "
                     "and is safe to retry"), (
        Swap(MEMORY, "seams_.lock", "false", after="KeyLocks::Held held(locks_);"),
        Swap(MEMORY, "seams_.guard", "false", after="const std::scoped_lock guard(mutex_);\n"),)),
    Variant("half-written", "memory: what a refused transaction wrote stays",
            contract("A guard that does not hold writes nothing of its transaction, "
                     "and is safe to retry"), (
        Swap(MEMORY_WRITER, 'std::move(conflict_) + "; nothing was written"',
             '(undo_.commit(), std::move(conflict_)) + "; nothing was written"'),)),
]

SQLITE_ONLY = [
    Variant("sqlite-deferred-begin", "SQLite: BEGIN without IMMEDIATE",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote", "sqlite"), (
        Swap(SQLITE_CONNECTION, '"BEGIN IMMEDIATE"', '"BEGIN"'),)),
    Variant("sqlite-not-synced", "SQLite: synchronous = OFF",
            sqlite("each commit is synced to the disk, in both journal modes"), (
        Swap(SQLITE, 'require_pragma(connection, "PRAGMA synchronous", 2);',
             'connection.run_script("PRAGMA synchronous = OFF");'),)),
    Variant("sqlite-clock-before-lock", "SQLite: the clock is read before the lock is granted",
            contract("The instant a waiter is given was read after it got the lock", "sqlite"), (
        Prelude(SQLITE, "static thread_local holdfast::Instant zoo_early;"),
        Swap(SQLITE, "do_transact(scope, decide);",
             "zoo_early = now(); do_transact(scope, decide);"),
        Swap(SQLITE, "now()", "zoo_early", after="require_writable(connection);\n"
                                                 "    const Instant moment = "),)),
    Variant("sqlite-no-status-guard", "SQLite: a hold's update does not look at its status",
            contract("Each guard alone stops its change", "sqlite"), (
        Swap(SQLITE_WRITE, 'guard(statement.run(), 1, "a hold");',
             "statement.run();", after="void update(const std::vector<StatusChange>& rows) {"),)),
    Variant("sqlite-no-capacity-guard", "SQLite: a write does not look at what is left",
            contract("Each guard alone stops its change", "sqlite"), (
        Swap(SQLITE_WRITE, "guard(statement.run(), delta.days, \"a day's capacity\");",
             "statement.run();"),)),
    Variant("sqlite-commit-told-safe", "SQLite: a COMMIT that failed is told as nothing happened",
            sqlite("a disk that fails at any write or sync loses nothing and never lies"), (
        Swap(SQLITE_CONNECTION, "unknown_commit(connection_.handle(), rc)",
             'error_of(connection_.handle(), rc, "commit")'),)),
]


def settings(head):
    """A statement that sets nothing but what `head` does, and lock_timeout."""
    return ("[]() -> const Statement& { static constexpr Statement kSome{" + head +
            " \"pg_catalog.set_config('lock_timeout', $1::pg_catalog.text, true)) IS NOT NULL "
            "THEN \" HOLDFAST_LOCK \" END\"}; return kSome; }()")


POSTGRES_ONLY = [
    Variant("postgres-no-lock", "PostgreSQL: keys are not locked",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote", "postgres"), (
        Swap(POSTGRES, "seams_.lock", "false", after="first.add(kBegin);"),
        Swap(POSTGRES, "if (seams_.lock) count_locks(first, lock);", NOTHING),)),
    Variant("postgres-lock-after-read", "PostgreSQL: keys are locked after they are read",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote", "postgres"), (
        Swap(POSTGRES, "seams_.lock", "false", after="first.add(kBegin);"),
        Swap(POSTGRES, "if (!options_.clock) loader.queue(first, std::nullopt);",
             "if (!options_.clock) loader.queue(first, std::nullopt); "
             "first.add(kSettingsAndLock, settings.add(lock_keys(scope)));"),
        Swap(POSTGRES, "if (seams_.lock) count_locks(first, lock);", NOTHING),)),
    Variant("postgres-one-statement", "PostgreSQL: lock and check are one statement",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote", "postgres"), (
        Swap(POSTGRES, "seams_.lock", "false", after="first.add(kBegin);"),
        Swap(POSTGRES, "if (seams_.lock) count_locks(first, lock);", NOTHING),
        Sql(POSTGRES_LOAD, "kCapacity",
            '"AS k(ord, key, first, last) CROSS JOIN LATERAL ("',
            '"AS k(ord, key, first, last) CROSS JOIN LATERAL (SELECT pg_advisory_xact_lock('
            'hashtextextended(k.key, 0)) OFFSET 0) l CROSS JOIN LATERAL ("'),)),
    Variant("postgres-repeatable-read", "PostgreSQL: REPEATABLE READ",
            contract("Transactions on one key never overlap, and each sees what the one before "
                     "wrote", "postgres"), (
        Swap(POSTGRES, "first.add(kBegin)",
             'first.add("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")'),)),
    Variant("postgres-default-isolation", "PostgreSQL: the database's own isolation level",
            Test("contract", "Transactions on one key never overlap, and each sees what the one "
                 "before wrote", "postgres", isolation="repeatable read"), (
        Swap(POSTGRES, "first.add(kBegin)", 'first.add("BEGIN READ WRITE")'),)),
    Variant("postgres-keys-unsorted", "PostgreSQL: keys are locked in any order",
            contract("Overlapping lists of keys, in any order, neither deadlock nor overlap",
                     "postgres"), (
        Swap(POSTGRES, "std::sort(keys.begin(), keys.end());",
             "std::sort(keys.begin(), keys.end()); static std::atomic<int> turn{0}; "
             "if (++turn % 2 == 0) std::reverse(keys.begin(), keys.end());"),)),
    Variant("postgres-now", "PostgreSQL: now() is the clock",
            contract("The instant a waiter is given was read after it got the lock", "postgres"), (
        Sql(POSTGRES_LOAD, "kDue", "clock_timestamp()", "now()"),)),
    Variant("postgres-synchronous-commit", "PostgreSQL: synchronous_commit is the database's",
            postgres("a booking is durable, whatever synchronous_commit the database has"), (
        Swap(POSTGRES, "kSettingsAndLock", settings('"SELECT CASE WHEN (" HOLDFAST_PLANNER ", "'),
             after="first.add(kBegin);"),)),
    Variant("postgres-search-path", "PostgreSQL: search_path is the database's",
            postgres("a search_path full of lookalikes changes nothing"), (
        Swap(POSTGRES, "kSettingsAndLock", settings('"SELECT CASE WHEN ("'),
             after="first.add(kBegin);"),)),
    Variant("postgres-no-status-guard", "PostgreSQL: a hold's update does not look at its status",
            contract("Each guard alone stops its change", "postgres"), (
        Swap(POSTGRES_WRITE, "kSetStatus.of(guard)", "kSetStatus.of(false)"),)),
    Variant("postgres-no-capacity-guard", "PostgreSQL: a write does not look at what is left",
            contract("Each guard alone stops its change", "postgres"), (
        Swap(POSTGRES_WRITE, "kAddCapacity.of(guard)", "kAddCapacity.of(false)"),)),
    Variant("postgres-tag-not-read", "PostgreSQL: a COMMIT that answers ROLLBACK is a success",
            postgres("a COMMIT that the server answers with ROLLBACK is no success"), (
        Swap(POSTGRES, 'trip.result(step) != nullptr && trip.tag(step) == "COMMIT"',
             "trip.result(step) != nullptr"),)),
    Variant("postgres-commit-told-safe", "PostgreSQL: a lost COMMIT is told as nothing happened",
            Test("trust", "wherever a connection is cut, the answer agrees with the tables"), (
        Swap(POSTGRES, "failure->step < step ? Phase::kSent : Phase::kAtCommit",
             "Phase::kBefore"),)),
    Variant("postgres-commit-told-done", "PostgreSQL: a lost COMMIT is told as done",
            Test("trust", "wherever a connection is cut, the answer agrees with the tables"), (
        Swap(POSTGRES, 'trip.result(step) != nullptr && trip.tag(step) == "COMMIT"',
             "failure || trip.tag(step) == \"COMMIT\""),)),
]

ZOO = [*COUNTING, *EXPIRY, *RULES, *TOKENS, *ENGINE, *LOCKS, *SQLITE_ONLY, *POSTGRES_ONLY]

POINTS = [
    Before(ATTEMPT, "before the first try", "std::vector<core::Verdict> in_doubt;"),
    Before(ATTEMPT, "before decide", "decision = core::decide("),
    Before(ATTEMPT, "after decide", "decided = true;"),
    Before(ATTEMPT, "before delivery", "forgive_replays(in_doubt, decision.verdicts);",
           after="return attempt(std::move(tail), deadline, client);"),
    Before("src/engine/lanes.cpp", "before the answer", "std::erase_if(batch,\n"),
    Before("src/engine/lanes.cpp", "after the answer", "batch.clear();\n  told_();"),
    Before(SQLITE, "sqlite: before BEGIN", "Transaction transaction(",
           after="void do_transact(const Scope& scope"),
    Before(SQLITE, "sqlite: after BEGIN", "notice_others(connection);"),
    Before(SQLITE_CONNECTION, "sqlite: before a write", "const int rc = sqlite3_step(stmt_);",
           after="std::int64_t Statement::run() {"),
    Before(SQLITE, "sqlite: before COMMIT", "transaction.commit();",
           after="const bool leave_no_trace"),
    Before(SQLITE, "sqlite: after COMMIT", "if (leave_no_trace) keep_journal(connection);"),
    Before(POSTGRES, "postgres: before BEGIN", "Trip first(*lease);"),
    Before(POSTGRES, "postgres: after lock and load",
           "snapshot = loader.finish(first);"),
    Before("src/storage/postgres/connection.cpp", "postgres: before a statement",
           "const std::size_t step = results_.size();",
           after="std::size_t Trip::add(const Statement& statement, const Params& params) {"),
    Before(POSTGRES, "postgres: before the writes and COMMIT", "const auto failure = trip.run();"),
    Before(POSTGRES, "postgres: after COMMIT", "if (!failure) lease.keep();"),
]
