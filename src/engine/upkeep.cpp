// Operations that are made of others: the sweep, cancel by order, verify, prune, migrate.
#include <algorithm>
#include <map>
#include <utility>

#include "core/availability.hpp"
#include "core/ids.hpp"
#include "engine/guarded.hpp"
#include "engine/reads.hpp"

namespace holdfast::engine {
namespace {

// Bookings of a key that the sweep has wait for its whole batch. So it takes the fewest keys that
// fill one, and more of them where each has little that is due.
constexpr std::int32_t kFewestKeysPerSweep = kDuePerSweep / kDuePerKey;
constexpr std::int32_t kMostKeysPerSweep = kKeysPerTransaction;
constexpr std::int32_t kKeysPerAudit = 16;

core::Command command_for(core::Action action, std::string key) {
  core::Command command{std::move(action)};
  command.keys.push_back(std::move(key));
  return command;
}

// Carries the commands out and adds what each answered; stops at the first failure.
template <class Answered, class Add>
Result<void> carry_out(Desk& desk, std::vector<core::Command> commands, Add add) {
  Result<void> done;
  for (auto& result : desk.lanes.execute(std::move(commands))) {
    if (!result.ok()) {
      done = std::move(result.error());
    } else if (const auto* value = std::get_if<Value>(&*result)) {
      add(std::get<Answered>(*value));
    }
  }
  return done;
}

// SAFE says that nothing happened, which is no longer true once a step is committed.
Error unfinished(Error error, bool began, std::string token = {}) {
  if (!began || error.retry != Retry::kSafe) return error;
  error.status = Status::kUnknown;
  error.retry = Retry::kSameToken;
  error.idempotency_token = std::move(token);
  return error;
}

// A row whose id names another resource is not found under the lock of its own, however often it is
// listed: something else has changed the tables.
Result<void> refuse_stray(const std::string& id, std::string_view prefix,
                          const std::string& resource_id) {
  if (core::resource_of(id, prefix) == resource_id) return {};
  return Error{.status = Status::kStorage,
               .retry = Retry::kNever,
               .message = "a row's id does not name its resource, see verify"};
}

// Calls `visit` with pages of keys until it fails or there are no more.
template <class Visit>
Result<void> each_page_of_keys(Desk& desk, std::int32_t limit, Visit visit) {
  ListQuery query;
  query.what = AllKeysQuery{};
  query.limit = limit;
  for (;;) {
    auto page = list(desk, query);
    if (!page.ok()) return std::move(page.error());
    auto& keys = std::get<std::vector<std::string>>(page->rows);
    if (keys.empty()) return {};
    query.after = Cursor{{}, keys.back()};
    const Result<void> visited = visit(std::move(keys), page->now);
    if (!visited.ok() || !page->more) return visited;
  }
}

}  // namespace

Reply<Value> ask(Desk& desk, const Migrate&) {
  auto version = desk.storage.migrate();
  if (!version.ok()) return std::move(version.error());
  return Answer<Value>(MigrateAnswer{*version});
}

namespace {

std::int32_t keys_of_next_sweep(std::int32_t keys, std::int64_t expired) {
  constexpr std::int64_t kFull = kDuePerSweep;
  if (expired >= kFull * 3 / 4) return std::max(keys / 2, kFewestKeysPerSweep);
  if (expired < kFull * 3 / 8) return std::min(keys * 2, kMostKeysPerSweep);
  return keys;
}

Result<void> expire_due(Desk& desk, std::int64_t limit, CleanupAnswer& answer) {
  ListQuery query;
  query.what = DueKeysQuery{};
  query.limit = kFewestKeysPerSweep;
  while (answer.expired < limit && !desk.closed) {
    const std::int64_t before = answer.expired;
    auto page = list(desk, query);
    if (!page.ok()) return std::move(page.error());
    std::vector<core::Command> commands;
    for (const auto& key : std::get<std::vector<std::string>>(page->rows)) {
      commands.push_back(command_for(core::ExpireDue{key}, key));
    }
    if (commands.empty()) break;
    auto done = carry_out<CleanupAnswer>(desk, std::move(commands), [&](const CleanupAnswer& part) {
      answer.expired += part.expired;
    });
    if (!done.ok()) return done;
    query.limit = keys_of_next_sweep(query.limit, answer.expired - before);
  }
  return {};
}

core::Command cancel_command(const std::vector<Allocation>& rows) {
  core::Command command{core::CancelAllocations{}};
  auto& ids = std::get<core::CancelAllocations>(command.action).allocation_ids;
  for (const auto& row : rows) {
    ids.push_back(row.id);
    command.keys.push_back(row.resource_id);
  }
  std::sort(command.keys.begin(), command.keys.end());
  command.keys.erase(std::unique(command.keys.begin(), command.keys.end()), command.keys.end());
  return command;
}

// Found without a lock, decided under one: until a look finds none that is CONFIRMED.
Result<void> cancel_order(Desk& desk, const CancelAllocation& r, AllocationsAnswer& answer) {
  ListQuery query;
  query.limit = static_cast<std::int32_t>(bounds::kIdsPerRequest);
  query.what = AllocationQuery{.order_id = r.order_id,
                               .line_item_id = r.line_item_id,
                               .status = AllocationStatus::kConfirmed};
  for (;;) {
    auto page = list(desk, query);
    if (!page.ok()) return std::move(page.error());
    const auto& rows = std::get<std::vector<Allocation>>(page->rows);
    if (rows.empty()) break;
    for (const auto& row : rows) {
      auto fine = refuse_stray(row.id, core::kAllocationPrefix, row.resource_id);
      if (!fine.ok()) return fine;
    }
    std::vector<core::Command> one;
    one.push_back(cancel_command(rows));
    auto done = carry_out<AllocationsAnswer>(
        desk, std::move(one),
        [&](const AllocationsAnswer& part) { answer.replayed = answer.replayed && part.replayed; });
    if (!done.ok()) return done;
  }
  std::get<AllocationQuery>(query.what).status = AllocationStatus::kCancelled;
  for (bool more = true; more;) {
    auto page = list(desk, query);
    if (!page.ok()) return std::move(page.error());
    auto& rows = std::get<std::vector<Allocation>>(page->rows);
    more = page->more && !rows.empty();
    if (more) query.after = Cursor{rows.back().created_at, rows.back().id};
    std::move(rows.begin(), rows.end(), std::back_inserter(answer.allocations));
  }
  return {};
}

}  // namespace

Reply<Value> ask(Desk& desk, const CleanupExpiredHolds& r) {
  CleanupAnswer answer;
  auto done = guarded([&] { return expire_due(desk, r.limit, answer); });
  if (!done.ok()) return unfinished(std::move(done.error()), answer.expired > 0);
  return Answer<Value>(answer);
}

Reply<Value> ask(Desk& desk, const CancelAllocation& r) {
  AllocationsAnswer answer;
  answer.replayed = true;
  std::string token = r.idempotency_token;  // copied now: later there may be no memory for it
  auto done = guarded([&] { return cancel_order(desk, r, answer); });
  if (!done.ok()) {
    return unfinished(std::move(done.error()), !answer.replayed, std::move(token));
  }
  if (answer.allocations.empty()) {
    Rejection rejection;
    rejection.outcome = Outcome::kAllocationNotFound;
    rejection.id = r.order_id;
    desk.metrics.rejected(rejection.outcome);
    return Answer<Value>(std::move(rejection));
  }
  return Answer<Value>(std::move(answer));
}

Reply<Value> ask(Desk& desk, const Verify&) {
  VerifyAnswer answer;
  const auto done = each_page_of_keys(desk, kKeysPerAudit,
                                      [&](std::vector<std::string> keys, Instant) -> Result<void> {
                                        Scope scope;
                                        for (auto& key : keys) {
                                          KeyScope& part = scope.keys.emplace_back();
                                          part.key = std::move(key);
                                          part.everything = true;
                                        }
                                        auto snapshot = read(desk, scope);
                                        if (!snapshot.ok()) return std::move(snapshot.error());
                                        for (const auto& key : snapshot->keys)
                                          core::audit(key, answer);
                                        return {};
                                      });
  if (!done.ok()) return done.error();
  return Answer<Value>(std::move(answer));
}

namespace {

Result<void> erase_email(Desk& desk, const std::string& email, PruneAnswer& answer) {
  ListQuery query;
  query.what = HoldQuery{.customer_email = email};
  query.limit = static_cast<std::int32_t>(bounds::kIdsPerRequest);
  for (;;) {
    auto page = list(desk, query);
    if (!page.ok()) return std::move(page.error());
    std::map<std::string, core::EraseEmail> by_resource;
    for (auto& hold : std::get<std::vector<Hold>>(page->rows)) {
      const auto fine = refuse_stray(hold.id, core::kHoldPrefix, hold.resource_id);
      if (!fine.ok()) return fine;
      auto& part = by_resource[hold.resource_id];
      part.resource_id = hold.resource_id;
      part.customer_email = email;
      part.hold_ids.push_back(std::move(hold.id));
    }
    if (by_resource.empty()) return {};
    std::vector<core::Command> commands;
    for (auto& [key, part] : by_resource) commands.push_back(command_for(std::move(part), key));
    const auto done = carry_out<PruneAnswer>(
        desk, std::move(commands),
        [&](const PruneAnswer& part) { answer.emails_erased += part.emails_erased; });
    if (!done.ok()) return done;
  }
}

Result<void> prune_keys(Desk& desk, std::vector<std::string> keys, Instant before,
                        PruneAnswer& answer) {
  while (!keys.empty()) {
    std::vector<core::Command> commands;
    for (const auto& key : keys) commands.push_back(command_for(core::PruneKey{key, before}, key));
    std::vector<std::string> again;
    std::size_t at = 0;
    const auto done =
        carry_out<PruneAnswer>(desk, std::move(commands), [&](const PruneAnswer& part) {
          answer.holds_removed += part.holds_removed;
          answer.tokens_removed += part.tokens_removed;
          answer.blackouts_removed += part.blackouts_removed;
          const auto removed = part.holds_removed + part.tokens_removed + part.blackouts_removed;
          if (removed > 0) again.push_back(keys[at]);
          ++at;
        });
    if (!done.ok()) return done;
    keys = std::move(again);
  }
  return {};
}

}  // namespace

Reply<Value> ask(Desk& desk, const Prune& r) {
  PruneAnswer answer;
  auto done = guarded([&]() -> Result<void> {
    if (!r.erase_customer_email.empty()) {
      auto erased = erase_email(desk, r.erase_customer_email, answer);
      if (!erased.ok()) return erased;
    }
    return each_page_of_keys(desk, static_cast<std::int32_t>(kKeysPerTransaction),
                             [&](std::vector<std::string> keys, Instant now) {
                               return prune_keys(desk, std::move(keys), now - r.older_than, answer);
                             });
  });
  if (!done.ok()) {
    const auto changed = answer.holds_removed + answer.tokens_removed + answer.blackouts_removed +
                         answer.emails_erased;
    return unfinished(std::move(done.error()), changed > 0);
  }
  return Answer<Value>(answer);
}

}  // namespace holdfast::engine
