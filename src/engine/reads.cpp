#include "engine/reads.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/availability.hpp"
#include "core/cursor.hpp"
#include "core/fingerprint.hpp"
#include "core/ids.hpp"
#include "core/validate.hpp"

namespace holdfast::engine {
namespace {

Reply<Value> accepted(Value value) { return Answer<Value>(std::move(value)); }

Reply<Value> rejected(Desk& desk, Rejection rejection) {
  desk.metrics.rejected(rejection.outcome);
  return Answer<Value>(std::move(rejection));
}

Reply<Value> not_found(Desk& desk, Outcome outcome, const std::string& id) {
  Rejection rejection;
  rejection.outcome = outcome;
  rejection.id = id;
  return rejected(desk, std::move(rejection));
}

// A read leaves nothing behind, so whatever failed may be tried again.
template <class Try>
auto persist(Desk& desk, Try attempt) -> decltype(attempt()) {
  const auto deadline = std::chrono::steady_clock::now() + desk.retry_timeout;
  for (auto wait = std::chrono::milliseconds(1);;
       wait = std::min(wait * 2, std::chrono::milliseconds(200))) {
    auto result = attempt();
    if (result.ok() || result.error().retry == Retry::kNever || desk.closed) return result;
    if (std::chrono::steady_clock::now() + wait >= deadline) {
      result.error().retry = Retry::kSafe;
      return result;
    }
    desk.metrics.retried();
    std::this_thread::sleep_for(wait);
  }
}

Scope scope_of(std::vector<std::string> keys, std::optional<DateRange> range) {
  std::sort(keys.begin(), keys.end());
  Scope scope;
  scope.keys.reserve(keys.size());
  for (auto& key : keys) {
    KeyScope& part = scope.keys.emplace_back();
    part.key = std::move(key);
    part.range = range;
  }
  return scope;
}

bool shown(const KeySnapshot& key) { return key.resource && !key.resource->deleted_at; }

template <class Row>
Reply<Value> list_page(Desk& desk, decltype(ListQuery::what) what, std::int32_t limit,
                       const std::string& after) {
  ListQuery query;
  query.what = std::move(what);
  query.limit = limit;
  if (!after.empty()) query.after = core::parse_cursor(after);
  auto found = list(desk, query);
  if (!found.ok()) return std::move(found.error());
  Page<Row> page;
  page.items = std::get<std::vector<Row>>(std::move(found->rows));
  if constexpr (std::is_same_v<Row, Hold>) {
    for (auto& hold : page.items) hold = core::as_seen(std::move(hold), found->now);
  }
  if (found->more && !page.items.empty()) {
    page.next = core::print_cursor({page.items.back().created_at, page.items.back().id});
  }
  return accepted(std::move(page));
}

template <class Question>
Reply<Value> ask_for_days(Desk& desk, const Question& r) {
  auto question = days_question(desk, r);
  if (auto* reply = std::get_if<Reply<Value>>(&question)) return std::move(*reply);
  const auto& q = std::get<DaysQuestion>(question);
  return answer(desk, q, desk.calendars.look(q.keys, q.range));
}

std::optional<DateRange> range_of(const std::optional<Date>& start,
                                  const std::optional<Date>& end) {
  if (!start || !end) return std::nullopt;
  return DateRange{*start, *end};
}

}  // namespace

Result<Snapshot> read(Desk& desk, const Scope& scope) {
  auto snapshot = persist(desk, [&] { return desk.storage.read(scope); });
  if (snapshot.ok()) desk.zones.fill(*snapshot);
  return snapshot;
}

Result<ListPage> list(Desk& desk, const ListQuery& query) {
  return persist(desk, [&] { return desk.storage.list(query); });
}

Reply<Value> ask(Desk& desk, const RetrieveResource& r) {
  if (!core::is_resource_id(r.resource_id)) {
    return not_found(desk, Outcome::kResourceNotFound, r.resource_id);
  }
  auto snapshot = read(desk, scope_of({r.resource_id}, std::nullopt));
  if (!snapshot.ok()) return std::move(snapshot.error());
  auto& resource = snapshot->keys.front().resource;
  if (!resource) return not_found(desk, Outcome::kResourceNotFound, r.resource_id);
  return accepted(ResourceAnswer{std::move(*resource), false});
}

Reply<Value> ask(Desk& desk, const ListResources& r) {
  ResourceQuery query{r.type, r.is_active, r.text, r.include_deleted};
  return list_page<Resource>(desk, std::move(query), r.limit, r.after);
}

Reply<Value> ask(Desk& desk, const ListHolds& r) {
  HoldQuery query{r.resource_id, r.status, r.customer_email, r.group_id};
  return list_page<Hold>(desk, std::move(query), r.limit, r.after);
}

Reply<Value> ask(Desk& desk, const ListAllocations& r) {
  AllocationQuery query{r.resource_id, r.order_id, r.line_item_id, r.status,
                        range_of(r.start_date, r.end_date)};
  return list_page<Allocation>(desk, std::move(query), r.limit, r.after);
}

Reply<Value> ask(Desk& desk, const ListBlackouts& r) {
  BlackoutQuery query{r.resource_id, range_of(r.start_date, r.end_date)};
  return list_page<Blackout>(desk, std::move(query), r.limit, r.after);
}

Reply<Value> ask(Desk& desk, const CheckAvailability& r) { return ask_for_days(desk, r); }
Reply<Value> ask(Desk& desk, const SearchAvailability& r) { return ask_for_days(desk, r); }

Reply<Value> ask(Desk& desk, const GetCapacityReport& r) {
  if (!core::is_resource_id(r.resource_id)) {
    return not_found(desk, Outcome::kResourceNotFound, r.resource_id);
  }
  const DateRange range{r.start_date, r.end_date};
  Scope scope = scope_of({r.resource_id}, range);
  scope.keys.front().with_held = true;
  auto snapshot = read(desk, scope);
  if (!snapshot.ok()) return std::move(snapshot.error());
  const KeySnapshot& key = snapshot->keys.front();
  // What is booked on a deleted resource stays, and somebody has to be able to see it.
  if (!key.resource) return not_found(desk, Outcome::kResourceNotFound, r.resource_id);
  return accepted(core::report(key, range));
}

std::variant<DaysQuestion, Reply<Value>> days_question(Desk& desk, const CheckAvailability& r) {
  if (!core::is_resource_id(r.resource_id)) {
    return not_found(desk, Outcome::kResourceNotFound, r.resource_id);
  }
  return DaysQuestion{
      .keys = {r.resource_id}, .range = {r.start_date, r.end_date}, .quantity = r.quantity};
}

std::variant<DaysQuestion, Reply<Value>> days_question(Desk& desk, const SearchAvailability& r) {
  std::vector<std::string> ids = r.resource_ids;
  if (!r.type.empty()) {
    ListQuery query;
    query.what = ResourceQuery{.type = r.type, .is_active = true, .text = {}};
    query.limit = static_cast<std::int32_t>(bounds::kResourcesPerSearch);
    auto page = list(desk, query);
    if (!page.ok()) return std::move(page.error());
    if (page->more) {
      return rejected(desk, core::invalid("type", "more than 1,000 resources: name resource_ids"));
    }
    for (auto& resource : std::get<std::vector<Resource>>(page->rows)) {
      ids.push_back(std::move(resource.id));
    }
  }
  std::erase_if(ids, [](const std::string& id) { return !core::is_resource_id(id); });
  if (ids.empty()) return accepted(SearchAnswer{});
  std::sort(ids.begin(), ids.end());
  return DaysQuestion{.keys = std::move(ids),
                      .range = {r.start_date, r.end_date},
                      .quantity = r.quantity,
                      .consecutive_days = r.consecutive_days,
                      .is_search = true};
}

Reply<Value> answer(Desk& desk, const DaysQuestion& q, const Result<Calendars::Shared>& found) {
  if (!found.ok()) return found.error();
  SearchAnswer answer;
  answer.resources.reserve(q.keys.size());
  const auto& keys = (*found)->keys;
  for (auto at = keys.begin(); const std::string& id : q.keys) {
    while (at != keys.end() && at->key < id) ++at;
    if (at == keys.end() || at->key != id || !shown(*at)) continue;
    answer.resources.push_back(core::availability(*at, q.range, q.quantity, q.consecutive_days));
  }
  if (q.is_search) return accepted(std::move(answer));
  if (answer.resources.empty()) return not_found(desk, Outcome::kResourceNotFound, q.keys.front());
  return accepted(std::move(answer.resources.front()));
}

Reply<Value> ask(Desk& desk, const RetrieveHold& r) {
  const auto resource_id = core::resource_of(r.hold_id, core::kHoldPrefix);
  if (!resource_id) return not_found(desk, Outcome::kHoldNotFound, r.hold_id);
  Scope scope = scope_of({*resource_id}, std::nullopt);
  scope.keys.front().hold_ids = {r.hold_id};
  auto snapshot = read(desk, scope);
  if (!snapshot.ok()) return std::move(snapshot.error());
  for (auto& stored : snapshot->keys.front().holds) {
    if (stored.hold.id != r.hold_id) continue;
    if (!r.as_host && !core::equal_constant_time(stored.hold.holder, r.holder)) break;
    return accepted(HoldAnswer{core::as_seen(std::move(stored.hold), snapshot->now), false});
  }
  return not_found(desk, Outcome::kHoldNotFound, r.hold_id);
}

Reply<Value> ask(Desk& desk, const GetMetrics& r) {
  MetricsAnswer answer = desk.metrics.snapshot();
  answer.queue_depth = desk.lanes.depth();
  const StorageCounters counters = desk.storage.counters();
  answer.lock_waits = counters.lock_waits;
  answer.lock_timeouts = counters.lock_timeouts;
  std::vector<std::string> ids = r.resource_ids;
  std::erase_if(ids, [](const std::string& id) { return !core::is_resource_id(id); });
  if (ids.empty()) return accepted(std::move(answer));
  // Which day is today depends on the resource, so its zone is read first.
  Scope scope = scope_of(std::move(ids), std::nullopt);
  auto zones = read(desk, scope);
  if (!zones.ok()) return std::move(zones.error());
  for (std::size_t i = 0; i < scope.keys.size(); ++i) {
    scope.keys[i].range = DateRange{zones->keys[i].today, zones->keys[i].today};
    scope.keys[i].with_held = true;
  }
  auto snapshot = read(desk, scope);
  if (!snapshot.ok()) return std::move(snapshot.error());
  for (std::size_t i = 0; i < snapshot->keys.size(); ++i) {
    const KeySnapshot& key = snapshot->keys[i];
    if (!key.resource) continue;
    answer.use.push_back({key.key, core::report(key, *scope.keys[i].range)});
  }
  return accepted(std::move(answer));
}

}  // namespace holdfast::engine
