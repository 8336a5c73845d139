// Requests of the C ABI from bytes: ordinary ones from zeros, and anything else from the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/bytes.hpp"
#include "holdfast.h"

namespace holdfast::test::fuzz {

/// 2026-07-01, and the clock's first instant, five months before.
inline constexpr holdfast_date kDay = 20'635;
inline constexpr holdfast_instant kStart = 1'770'091'506'789'012;

/// Writes what a field says. What pointers point to lives as long as this object.
class Writer {
 public:
  Writer(Bytes& bytes, const std::vector<std::string>& ids) : bytes_(bytes), ids_(ids) {}

  template <class... Fields>
  void put(Fields&... fields) {
    (put_one(fields), ...);
  }
  template <class... Fields>
  void put_days(Fields&... fields) {
    ((fields = day()), ...);
  }
  template <class... Fields>
  void put_ids(Fields&... fields) {
    ((fields = id()), ...);
  }
  void put_days(const holdfast_date*& days, std::size_t& count) {
    days = array(count, [this] { return day(); });
  }
  void put_ids(const holdfast_str*& ids, std::size_t& count) {
    ids = array(count, [this] { return id(); });
  }
  void put_items(const holdfast_hold_item*& items, std::size_t& count) {
    items = array(count, [this] { return item(); });
  }

  holdfast_str text() {
    static constexpr const char* kTexts[] = {
        "",    "TOUR",   "Reef",   "a@b.c", "token", "other token", "order", "line",
        "UTC", "cart 1", "cart 2", "{}",    "[1.5]", "Europe/Rome", "storm", "Asia/Tokyo"};
    const std::uint8_t how = bytes_.byte();
    if (how >= 0xC0) return odd_text();
    const char* const chosen = kTexts[how % std::size(kTexts)];
    return {chosen, std::strlen(chosen)};
  }
  /// Flags, choices, limits, places: small, or anything.
  std::int64_t number() {
    const std::uint8_t how = bytes_.byte();
    if (how < 0xC0) return how % 8;
    if (how < 0xD0) return how % 2 == 0 ? 1000 : 1'000'000;
    if (how < 0xE0) return std::numeric_limits<std::int64_t>::min() + how % 2;
    if (how < 0xF0) return std::numeric_limits<std::int64_t>::max() - how % 2;
    return bytes_.number<std::int64_t>();
  }

 private:
  void put_one(holdfast_str& field) { field = text(); }
  template <class Integer>
  void put_one(Integer& field) {
    field = static_cast<Integer>(number());
  }
  void put_one(std::int64_t& ttl_ms) {
    const std::int64_t value = number();
    ttl_ms = value > 0 && value < 8 ? value * 600'000 : value;
  }

  holdfast_date day() {
    const std::uint8_t how = bytes_.byte();
    if (how < 0xE0) return kDay + how % 32;
    if (how < 0xE8) return std::numeric_limits<holdfast_date>::min() + how % 2;
    if (how < 0xF0) return std::numeric_limits<holdfast_date>::max() - how % 2;
    return bytes_.number<holdfast_date>();
  }

  holdfast_str id() {
    const std::uint8_t how = bytes_.byte();
    if (how >= 0xE0 || ids_.empty()) return how == 0 ? holdfast_str{} : text();
    const std::string& known = ids_[how % ids_.size()];
    return {known.data(), known.size()};
  }

  // No string, one that lies, one that is too long, or bytes of the input.
  holdfast_str odd_text() {
    static const std::string large((std::size_t{1} << 20) + 1, 'x');
    switch (bytes_.below(8)) {
      case 0:
        return {nullptr, 3};
      case 1:
        return {"", std::numeric_limits<std::size_t>::max()};
      case 2:
        return {large.data(), large.size()};
      case 3:
        return {large.data(), bytes_.number<std::uint16_t>()};
      default:
        return block(bytes_.text(bytes_.below(64)));
    }
  }

  // In a block of its own size, so that a look beyond its end is seen.
  holdfast_str block(std::string_view from) {
    blocks_.emplace_back(new char[from.size()]);
    std::copy(from.begin(), from.end(), blocks_.back().get());
    return {blocks_.back().get(), from.size()};
  }

  template <class Make>
  auto array(std::size_t& count, Make make) -> const decltype(make())* {
    using Element = decltype(make());
    const std::uint8_t how = bytes_.byte();
    count = how < 0xE0 ? (how + 1) % 5 : how;
    if (how >= 0xF8) count = std::numeric_limits<std::size_t>::max() / (how - 0xF7U);
    if (how % 16 == 15) return nullptr;
    const std::size_t made = how < 0xF8 ? count : 1;
    blocks_.emplace_back(new char[made * sizeof(Element)]);
    auto* const out = reinterpret_cast<Element*>(blocks_.back().get());
    for (std::size_t i = 0; i < made; ++i) new (out + i) Element(make());
    return out;
  }

  holdfast_hold_item item() {
    holdfast_hold_item out{};
    const std::uint8_t how = bytes_.byte();
    out.struct_size = how < 0xE0 ? sizeof out : how;
    put_one(out.quantity);
    out.resource_id = id();
    put_days(out.dates, out.dates_count);
    return out;
  }

  Bytes& bytes_;
  const std::vector<std::string>& ids_;
  std::vector<std::unique_ptr<char[]>> blocks_;
};

// ---- the fields of each request
// ------------------------------------------------------------------

inline void fill(Writer& w, holdfast_create_resource_request& r) {
  w.put(r.is_active, r.type, r.name, r.description, r.metadata, r.timezone, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_update_resource_request& r) {
  w.put(r.is_active, r.type, r.name, r.description, r.metadata, r.timezone, r.idempotency_token);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_retrieve_resource_request& r) {
  w.put(r.reserved);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_list_resources_request& r) {
  w.put(r.limit, r.is_active, r.include_deleted, r.type, r.text, r.after);
}
inline void fill(Writer& w, holdfast_delete_resource_request& r) {
  w.put(r.reserved, r.idempotency_token);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_restore_resource_request& r) {
  w.put(r.reserved, r.idempotency_token);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_initialize_capacity_request& r) {
  w.put(r.daily_capacity, r.weekdays, r.on_existing, r.idempotency_token);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_adjust_capacity_request& r) {
  w.put(r.delta, r.idempotency_token);
  w.put_ids(r.resource_id);
  w.put_days(r.dates, r.dates_count);
}
inline void fill(Writer& w, holdfast_check_availability_request& r) {
  w.put(r.quantity);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_search_availability_request& r) {
  w.put(r.quantity, r.consecutive_days, r.reserved, r.type);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_ids, r.resource_ids_count);
}
inline void fill(Writer& w, holdfast_get_capacity_report_request& r) {
  w.put(r.reserved);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_create_hold_request& r) {
  w.put_ids(r.resource_id);
  w.put_days(r.dates, r.dates_count);
  w.put(r.quantity, r.ttl_ms, r.customer_email, r.idempotency_token, r.holder);
}
inline void fill(Writer& w, holdfast_create_holds_request& r) {
  w.put_items(r.items, r.items_count);
  w.put(r.reserved, r.ttl_ms, r.customer_email, r.idempotency_token, r.holder);
}
inline void fill(Writer& w, holdfast_extend_hold_request& r) {
  w.put_ids(r.hold_id);
  w.put(r.as_host, r.ttl_ms, r.holder, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_extend_holds_request& r) {
  w.put_ids(r.hold_ids, r.hold_ids_count);
  w.put(r.as_host, r.ttl_ms, r.holder, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_confirm_hold_request& r) {
  w.put_ids(r.hold_id);
  w.put(r.if_expired, r.as_host, r.reserved, r.order_id, r.line_item_id, r.holder,
        r.idempotency_token);
}
inline void fill(Writer& w, holdfast_confirm_holds_request& r) {
  w.put_ids(r.hold_ids, r.hold_ids_count);
  w.put(r.if_expired, r.as_host, r.reserved, r.order_id, r.line_item_id, r.holder,
        r.idempotency_token);
}
inline void fill(Writer& w, holdfast_release_hold_request& r) {
  w.put_ids(r.hold_id);
  w.put(r.as_host, r.holder, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_release_holds_request& r) {
  w.put_ids(r.hold_ids, r.hold_ids_count);
  w.put(r.as_host, r.holder, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_retrieve_hold_request& r) {
  w.put_ids(r.hold_id);
  w.put(r.as_host, r.holder);
}
inline void fill(Writer& w, holdfast_list_holds_request& r) {
  w.put(r.limit, r.has_status, r.status, r.customer_email, r.after);
  w.put_ids(r.resource_id, r.group_id);
}
inline void fill(Writer& w, holdfast_cleanup_expired_holds_request& r) {
  w.put(r.reserved);
  r.limit = w.number();
}
inline void fill(Writer& w, holdfast_cancel_allocation_request& r) {
  w.put_ids(r.allocation_id);
  w.put(r.reserved, r.order_id, r.line_item_id, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_move_hold_request& r) {
  w.put_ids(r.hold_id);
  w.put_days(r.dates, r.dates_count);
  w.put(r.quantity, r.as_host, r.reserved, r.holder, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_move_allocation_request& r) {
  w.put_ids(r.allocation_id);
  w.put_days(r.dates, r.dates_count);
  w.put(r.quantity, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_list_allocations_request& r) {
  w.put(r.limit, r.has_status, r.status, r.has_start_date, r.has_end_date, r.order_id,
        r.line_item_id, r.after);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_create_blackout_request& r) {
  w.put(r.on_conflict, r.reason, r.idempotency_token);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_list_blackouts_request& r) {
  w.put(r.limit, r.has_start_date, r.has_end_date, r.after);
  w.put_days(r.start_date, r.end_date);
  w.put_ids(r.resource_id);
}
inline void fill(Writer& w, holdfast_delete_blackout_request& r) {
  w.put_ids(r.blackout_id);
  w.put(r.reserved, r.idempotency_token);
}
inline void fill(Writer& w, holdfast_migrate_request& r) { w.put(r.reserved); }
inline void fill(Writer& w, holdfast_verify_request& r) { w.put(r.reserved); }
inline void fill(Writer& w, holdfast_metrics_request& r) {
  w.put(r.reserved);
  w.put_ids(r.resource_ids, r.resource_ids_count);
}
inline void fill(Writer& w, holdfast_prune_request& r) {
  w.put(r.older_than_hours, r.erase_customer_email);
}

}  // namespace holdfast::test::fuzz
