// Paged reads of the in-memory tables.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "storage/memory/tables.hpp"

namespace holdfast {

class Lister {
 public:
  Lister(const Tables& tables, const ListQuery& query, Instant now)
      : tables_(tables), query_(query), now_(now) {}

  ListPage list() const {
    return std::visit([&](const auto& what) { return list(what); }, query_.what);
  }

 private:
  ListPage list(const ResourceQuery& q) const {
    std::vector<const Resource*> found;
    for (const auto& [key, rows] : tables_) {
      if (rows.resource && matches(*rows.resource, q)) found.push_back(&*rows.resource);
    }
    return page(std::move(found));
  }

  ListPage list(const HoldQuery& q) const {
    std::vector<const Hold*> found;
    each_key(q.resource_id, [&](const KeyRows& rows) {
      for (const auto& [id, stored] : rows.holds) {
        if (matches(stored.hold, q)) found.push_back(&stored.hold);
      }
    });
    return page(std::move(found));
  }

  ListPage list(const AllocationQuery& q) const {
    std::vector<const Allocation*> found;
    each_key(q.resource_id, [&](const KeyRows& rows) {
      for (const auto& [id, allocation] : rows.allocations) {
        if (matches(allocation, q)) found.push_back(&allocation);
      }
    });
    return page(std::move(found));
  }

  ListPage list(const BlackoutQuery& q) const {
    std::vector<const Blackout*> found;
    each_key(q.resource_id, [&](const KeyRows& rows) {
      for (const auto& [id, blackout] : rows.blackouts) {
        if (matches(blackout, q)) found.push_back(&blackout);
      }
    });
    return page(std::move(found));
  }

  ListPage list(const DueKeysQuery&) const {
    return keys([&](const KeyRows& rows) {
      return !rows.active_holds.empty() && rows.active_holds.begin()->first <= now_;
    });
  }

  ListPage list(const AllKeysQuery&) const {
    return keys([](const KeyRows& rows) { return !rows.empty(); });
  }

  template <class F>
  void each_key(const std::string& key, F visit) const {
    if (key.empty()) {
      for (const auto& [id, rows] : tables_) visit(rows);
    } else if (const auto found = tables_.find(key); found != tables_.end()) {
      visit(found->second);
    }
  }

  static bool passes(const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
  }

  static char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  static bool contains_text(std::string_view where, std::string_view text) {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    return text.empty() ||
           std::search(where.begin(), where.end(), text.begin(), text.end(), same) != where.end();
  }

  static bool matches(const Resource& r, const ResourceQuery& q) {
    return passes(q.type, r.type) && (!q.is_active || *q.is_active == r.is_active) &&
           (q.include_deleted || !r.deleted_at) &&
           (contains_text(r.name, q.text) || contains_text(r.description, q.text));
  }

  HoldStatus seen_status(const Hold& hold) const {
    const bool due = hold.status == HoldStatus::kActive && hold.expires_at <= now_;
    return due ? HoldStatus::kExpired : hold.status;
  }

  bool matches(const Hold& h, const HoldQuery& q) const {
    return passes(q.customer_email, h.customer_email) && passes(q.group_id, h.group_id) &&
           (!q.status || *q.status == seen_status(h));
  }

  static bool matches(const Allocation& a, const AllocationQuery& q) {
    return passes(q.order_id, a.order_id) && passes(q.line_item_id, a.line_item_id) &&
           (!q.status || *q.status == a.status) && (!q.range || has_day_in(a.dates, *q.range));
  }

  static bool matches(const Blackout& b, const BlackoutQuery& q) {
    return !b.deleted_at &&
           (!q.range || (b.start_date <= q.range->end && q.range->start <= b.end_date));
  }

  std::size_t limit() const { return static_cast<std::size_t>(std::max(query_.limit, 0)); }

  template <class Row>
  ListPage page(std::vector<const Row*> found) const {
    if (query_.after) {
      const Cursor& after = *query_.after;
      std::erase_if(found, [&](const Row* row) {
        return std::tie(row->created_at, row->id) <= std::tie(after.created_at, after.id);
      });
    }
    const std::size_t size = std::min(found.size(), limit());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(size), found.end(),
                      [](const Row* a, const Row* b) {
                        return std::tie(a->created_at, a->id) < std::tie(b->created_at, b->id);
                      });
    std::vector<Row> rows;
    rows.reserve(size);
    for (std::size_t i = 0; i < size; ++i) rows.push_back(*found[i]);
    return {.now = now_, .rows = std::move(rows), .more = found.size() > size};
  }

  template <class F>
  ListPage keys(F wanted) const {
    ListPage out{.now = now_};
    std::vector<std::string> rows;
    auto key = query_.after ? tables_.upper_bound(query_.after->id) : tables_.begin();
    for (; key != tables_.end() && !out.more; ++key) {
      if (!wanted(key->second)) continue;
      if (rows.size() == limit()) {
        out.more = true;
      } else {
        rows.push_back(key->first);
      }
    }
    out.rows = std::move(rows);
    return out;
  }

  const Tables& tables_;
  const ListQuery& query_;
  const Instant now_;
};

}  // namespace holdfast
