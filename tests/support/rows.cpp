#include "support/rows.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace holdfast::test {
namespace {

std::string ulid(int n) {
  char digits[27];
  std::snprintf(digits, sizeof digits, "01JGFJJZ00%016d", n);
  return digits;
}

std::string sub_id(const char* prefix, const std::string& resource, int n) {
  return prefix + resource.substr(resource.find('_') + 1) + "_" + ulid(n);
}

std::string quoted(const std::string& value) { return "<" + value + ">"; }

std::string text(const std::optional<Instant>& instant) {
  return instant ? to_string(*instant) : "-";
}

std::string text(const std::vector<Date>& dates) {
  std::string out = std::to_string(dates.size()) + ":";
  for (const Date date : dates) out += to_string(date) + ",";
  return out;
}

/// JSON without the spaces between its parts.
std::string compact(const std::string& json) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      out += c;
      out += json[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || (c != ' ' && c != '\n' && c != '\t')) out += c;
  }
  return out;
}

std::vector<std::string> keys_of(Storage& storage, ListQuery query) {
  std::vector<std::string> out;
  for (bool more = true; more;) {
    const ListPage page = must(storage.list(query));
    const auto& keys = std::get<std::vector<std::string>>(page.rows);
    out.insert(out.end(), keys.begin(), keys.end());
    more = page.more;
    if (!keys.empty()) query.after = Cursor{{}, keys.back()};
  }
  return out;
}

}  // namespace

std::vector<Date> days(int first, int last) {
  std::vector<Date> out;
  for (int i = first; i <= last; ++i) out.push_back(day(i));
  return out;
}

Date on(std::string_view date) { return parse_date(date).value(); }

Instant at(std::int64_t seconds) {
  using namespace std::chrono;
  return Instant(sys_days(year(2026) / 1 / 1)) + microseconds(123'456) +
         std::chrono::seconds(seconds);
}

std::string resource_id(int n) { return "res_" + ulid(n); }
std::string hold_id(const std::string& resource, int n) { return sub_id("hold_", resource, n); }
std::string allocation_id(const std::string& resource, int n) {
  return sub_id("alloc_", resource, n);
}
std::string blackout_id(const std::string& resource, int n) { return sub_id("blk_", resource, n); }
std::string group_id(int n) { return "grp_" + ulid(n); }

Resource make_resource(int n) {
  return {.id = resource_id(n),
          .type = "TOUR",
          .name = "Tour " + std::to_string(n),
          .description = "",
          .metadata = "{}",
          .timezone = "Australia/Brisbane",
          .is_active = true,
          .created_at = at(n),
          .updated_at = at(n)};
}

StoredHold make_hold(const std::string& resource, int n, std::vector<Date> dates,
                     Instant expires_at) {
  return {.hold = {.id = hold_id(resource, n),
                   .resource_id = resource,
                   .dates = std::move(dates),
                   .quantity = 1,
                   .idempotency_token = "token-" + std::to_string(n),
                   .expires_at = expires_at,
                   .created_at = at(n),
                   .updated_at = at(n)},
          .item_no = 0,
          .fingerprint = "fingerprint-" + std::to_string(n)};
}

Allocation make_allocation(const std::string& resource, int n, std::vector<Date> dates) {
  return {.id = allocation_id(resource, n),
          .resource_id = resource,
          .hold_id = hold_id(resource, n),
          .order_id = "order-" + std::to_string(n),
          .line_item_id = "line-1",
          .dates = std::move(dates),
          .quantity = 1,
          .created_at = at(n)};
}

Blackout make_blackout(const std::string& resource, int n, Date start, Date end) {
  return {.id = blackout_id(resource, n),
          .resource_id = resource,
          .start_date = start,
          .end_date = end,
          .reason = "maintenance",
          .created_at = at(n)};
}

std::string text(const Resource& r) {
  return "resource " + r.id + " type=" + quoted(r.type) + " name=" + quoted(r.name) +
         " description=" + quoted(r.description) + " metadata=" + compact(r.metadata) +
         " timezone=" + quoted(r.timezone) + " active=" + std::to_string(r.is_active) +
         " created=" + to_string(r.created_at) + " updated=" + to_string(r.updated_at) +
         " deleted=" + text(r.deleted_at);
}

std::string text(const CapacityRow& c) {
  return "capacity " + to_string(c.date) + " max=" + std::to_string(c.max_capacity) +
         " available=" + std::to_string(c.available_capacity) + " held=" + std::to_string(c.held) +
         " due=" + std::to_string(c.due);
}

std::string text(const Hold& h) {
  return "hold " + h.id + " of " + h.resource_id + " dates=" + text(h.dates) +
         " quantity=" + std::to_string(h.quantity) + " email=" + quoted(h.customer_email) +
         " holder=" + quoted(h.holder) + " token=" + quoted(h.idempotency_token) + " " +
         name(h.status) + " expires=" + to_string(h.expires_at) + " group=" + quoted(h.group_id) +
         " created=" + to_string(h.created_at) + " updated=" + to_string(h.updated_at);
}

std::string text(const StoredHold& s) {
  return text(s.hold) + " item=" + std::to_string(s.item_no) +
         " fingerprint=" + quoted(s.fingerprint);
}

std::string text(const Allocation& a) {
  return "allocation " + a.id + " of " + a.resource_id + " hold=" + quoted(a.hold_id) +
         " order=" + quoted(a.order_id) + " line=" + quoted(a.line_item_id) +
         " dates=" + text(a.dates) + " quantity=" + std::to_string(a.quantity) + " " +
         name(a.status) + " created=" + to_string(a.created_at) +
         " cancelled=" + text(a.cancelled_at);
}

std::string text(const Blackout& b) {
  return "blackout " + b.id + " of " + b.resource_id + " " + to_string(b.start_date) + ".." +
         to_string(b.end_date) + " reason=" + quoted(b.reason) +
         " created=" + to_string(b.created_at) + " deleted=" + text(b.deleted_at);
}

std::string text(const CommandRecord& c) {
  return "command " + quoted(c.key.operation) + quoted(c.key.token) +
         " fingerprint=" + quoted(c.fingerprint) + " outcome=" + quoted(c.outcome);
}

template <class Row>
std::string sorted_text(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  for (const Row& row : rows) lines.push_back(text(row));
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}
template std::string sorted_text(const std::vector<StoredHold>&);
template std::string sorted_text(const std::vector<Allocation>&);
template std::string sorted_text(const std::vector<Blackout>&);
template std::string sorted_text(const std::vector<CommandRecord>&);

std::string text(const KeySnapshot& s) {
  std::string out = "key " + s.key + "\n";
  if (s.resource) out += text(*s.resource) + "\n";
  for (const CapacityRow& row : s.capacity) out += text(row) + "\n";
  return out + sorted_text(s.blackouts) + sorted_text(s.holds) + sorted_text(s.allocations) +
         sorted_text(s.commands);
}

Scope scope_of(std::vector<std::string> keys) {
  Scope scope;
  for (std::string& key : keys) scope.keys.push_back({.key = std::move(key)});
  return scope;
}

Result<void> try_write(Storage& storage, std::vector<std::string> keys, Changes changes) {
  for (const auto& row : changes.resource_inserts) keys.push_back(row.id);
  for (const auto& row : changes.capacity_deltas) keys.push_back(row.key);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return storage.transact(scope_of(std::move(keys)), [&](const Snapshot&) { return changes; });
}

void write(Storage& storage, const std::string& key, Changes changes) {
  must(try_write(storage, {key}, std::move(changes)));
}

KeySnapshot load_locked(Storage& storage, KeyScope scope) {
  KeySnapshot out;
  must(storage.transact({.keys = {std::move(scope)}}, [&](Snapshot snapshot) {
    out = std::move(snapshot.keys.at(0));
    return Changes{};
  }));
  return out;
}

KeySnapshot load_unlocked(Storage& storage, KeyScope scope) {
  Snapshot snapshot = must(storage.read({.keys = {std::move(scope)}}));
  return std::move(snapshot.keys.at(0));
}

std::vector<std::string> all_keys(Storage& storage, std::int32_t limit) {
  return keys_of(storage, {.what = AllKeysQuery{}, .limit = limit});
}

std::vector<std::string> due_keys(Storage& storage, std::int32_t limit) {
  return keys_of(storage, {.what = DueKeysQuery{}, .limit = limit});
}

std::string everything(Storage& storage, const std::vector<CommandKey>& commands) {
  std::string out;
  for (const std::string& key : all_keys(storage)) {
    out += text(load_unlocked(storage, {.key = key, .commands = commands, .everything = true}));
  }
  for (const auto& row : all_pages(storage, ResourceQuery{.include_deleted = true}, 1000)) {
    out += text(row) + "\n";
  }
  for (const auto& row : all_pages(storage, HoldQuery{}, 1000)) out += text(row) + "\n";
  for (const auto& row : all_pages(storage, AllocationQuery{}, 1000)) out += text(row) + "\n";
  for (const auto& row : all_pages(storage, BlackoutQuery{}, 1000)) out += text(row) + "\n";
  return out;
}

}  // namespace holdfast::test
