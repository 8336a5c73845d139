// Rows to write, and rows as text: two that print alike are equal in every column.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/storage.hpp"
#include "support/database.hpp"

namespace holdfast::test {

/// 2027-03-01 and `offset` days.
inline Date day(int offset) {
  using namespace std::chrono;
  return local_days(year(2027) / 3 / 1) + days(offset);
}
std::vector<Date> days(int first, int last);
/// `date` as `YYYY-MM-DD`.
Date on(std::string_view date);
/// 2026-01-01T00:00:00.123456Z and `seconds`.
Instant at(std::int64_t seconds);

/// `res_`, `hold_`..., each with well-formed ULIDs; `n` tells them apart and orders them.
std::string resource_id(int n);
std::string hold_id(const std::string& resource_id, int n);
std::string allocation_id(const std::string& resource_id, int n);
std::string blackout_id(const std::string& resource_id, int n);
std::string group_id(int n);

Resource make_resource(int n);
/// ACTIVE, made at(n), of one place on `dates`, with a token of its own.
StoredHold make_hold(const std::string& resource_id, int n, std::vector<Date> dates,
                     Instant expires_at);
/// CONFIRMED, of the hold with the same number, made at(n).
Allocation make_allocation(const std::string& resource_id, int n, std::vector<Date> dates);
Blackout make_blackout(const std::string& resource_id, int n, Date start, Date end);

std::string text(const Resource& row);
std::string text(const CapacityRow& row);
std::string text(const Hold& row);
std::string text(const StoredHold& row);
std::string text(const Allocation& row);
std::string text(const Blackout& row);
std::string text(const CommandRecord& row);
/// All of it, in one order whatever the backend's.
std::string text(const KeySnapshot& snapshot);

/// One line per row, sorted.
template <class Row>
std::string sorted_text(const std::vector<Row>& rows);
extern template std::string sorted_text(const std::vector<StoredHold>&);
extern template std::string sorted_text(const std::vector<Allocation>&);
extern template std::string sorted_text(const std::vector<Blackout>&);
extern template std::string sorted_text(const std::vector<CommandRecord>&);

// ---- one-line storage calls ---------------------------------------------------------------------

Scope scope_of(std::vector<std::string> keys);
/// Writes under the locks of `keys`; the Result is the storage's.
/// Locks `keys`, and those of resources and days that the changes bring along.
Result<void> try_write(Storage& storage, std::vector<std::string> keys, Changes changes);
void write(Storage& storage, const std::string& key, Changes changes);
/// What decide is given for `scope`.
KeySnapshot load_locked(Storage& storage, KeyScope scope);
KeySnapshot load_unlocked(Storage& storage, KeyScope scope);
/// Every row that any read can show, for telling that nothing has changed.
std::string everything(Storage& storage, const std::vector<CommandKey>& commands = {});

/// All pages of a list.
template <class Query>
std::vector<typename Query::Row> all_pages(Storage& storage, const Query& query,
                                           std::int32_t limit) {
  std::vector<typename Query::Row> out;
  ListQuery page{.what = query, .limit = limit};
  for (bool more = true; more;) {
    const ListPage got = must(storage.list(page));
    const auto& rows = std::get<std::vector<typename Query::Row>>(got.rows);
    out.insert(out.end(), rows.begin(), rows.end());
    more = got.more;
    if (!rows.empty()) page.after = Cursor{rows.back().created_at, rows.back().id};
    if (more && rows.empty()) throw std::runtime_error("a page with more to come has no rows");
  }
  return out;
}
std::vector<std::string> all_keys(Storage& storage, std::int32_t limit = 1000);
std::vector<std::string> due_keys(Storage& storage, std::int32_t limit = 1000);

}  // namespace holdfast::test
