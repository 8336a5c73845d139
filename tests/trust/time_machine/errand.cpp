#include "time_machine/errand.hpp"

#include <algorithm>
#include <map>
#include <type_traits>

namespace holdfast::test::machine {
namespace {

using Effect = std::optional<std::string>;

Effect held(const Auditor& books, const std::string& key, const std::string& token, int item) {
  const auto& index = books.of(key).hold_of_token;
  const auto at = index.find({token, item});
  if (at == index.end()) return std::nullopt;
  return at->second + " ";
}

Effect remembered(const Auditor& books, const std::string& key, const char* operation,
                  const std::string& token) {
  const auto& commands = books.of(key).commands;
  const auto at = commands.find(CommandKey{operation, token});
  if (at == commands.end()) return std::nullopt;
  return at->second;
}

Effect of(const Auditor& books, const CreateHold& r) {
  return held(books, r.resource_id, r.idempotency_token, 0);
}
Effect of(const Auditor& books, const CreateHolds& r) {
  std::string all;
  std::map<std::string, int> items;  // of each resource, so far
  for (const HoldItem& item : r.items) {
    const auto one = held(books, item.resource_id, r.idempotency_token, items[item.resource_id]++);
    if (!one) return std::nullopt;
    all += *one;
  }
  return all;
}
Effect of(const Auditor& books, const ConfirmHold& r) {
  const Allocation* row = books.booking_of(r.hold_id);
  if (row == nullptr || row->order_id != r.order_id) return std::nullopt;
  return row->id + " ";
}
Effect of(const Auditor& books, const ConfirmHolds& r) {
  std::string all;
  for (const auto& id : r.hold_ids) {
    const auto one = of(books, ConfirmHold{.hold_id = id, .order_id = r.order_id});
    if (!one) return std::nullopt;
    all += *one;
  }
  return all;
}
Effect of(const Auditor& books, const ReleaseHold& r) {
  const StoredHold* row = books.hold(r.hold_id);
  if (row == nullptr || row->hold.status != HoldStatus::kReleased) return std::nullopt;
  return r.hold_id + " ";
}
Effect of(const Auditor& books, const CancelAllocation& r) {
  if (r.allocation_id.empty()) return std::nullopt;
  const Allocation* row = books.booking(r.allocation_id);
  if (row == nullptr || row->status != AllocationStatus::kCancelled) return std::nullopt;
  return r.allocation_id + " ";
}
Effect of(const Auditor& books, const DeleteBlackout& r) {
  const auto& rows = books.of(key_of(r.blackout_id)).blackouts;
  const auto at = rows.find(r.blackout_id);
  if (at == rows.end() || !at->second.deleted_at) return std::nullopt;
  return r.blackout_id + " ";
}
Effect of(const Auditor& books, const AdjustCapacity& r) {
  return remembered(books, r.resource_id, "adjust_capacity", r.idempotency_token);
}
Effect of(const Auditor& books, const CreateBlackout& r) {
  return remembered(books, r.resource_id, "create_blackout", r.idempotency_token);
}
Effect of(const Auditor& books, const ExtendHold& r) {
  return remembered(books, key_of(r.hold_id), "extend_holds", r.idempotency_token);
}
Effect of(const Auditor& books, const MoveHold& r) {
  return remembered(books, key_of(r.hold_id), "move_hold", r.idempotency_token);
}
Effect of(const Auditor& books, const MoveAllocation& r) {
  return remembered(books, key_of(r.allocation_id), "move_allocation", r.idempotency_token);
}
template <class R>
Effect of(const Auditor&, const R&) {
  return std::nullopt;
}

template <class R>
constexpr bool kMarks = std::is_same_v<R, CreateHold> || std::is_same_v<R, CreateHolds> ||
                        std::is_same_v<R, ConfirmHold> || std::is_same_v<R, ConfirmHolds> ||
                        std::is_same_v<R, ReleaseHold> || std::is_same_v<R, CancelAllocation> ||
                        std::is_same_v<R, DeleteBlackout> || std::is_same_v<R, AdjustCapacity> ||
                        std::is_same_v<R, CreateBlackout> || std::is_same_v<R, ExtendHold> ||
                        std::is_same_v<R, MoveHold> || std::is_same_v<R, MoveAllocation>;

template <class R>
constexpr bool kNames = std::is_same_v<R, CreateHold> || std::is_same_v<R, CreateHolds> ||
                        std::is_same_v<R, ConfirmHold> || std::is_same_v<R, ConfirmHolds>;

}  // namespace

Effect effect(const Auditor& books, const Errand& errand) {
  return std::visit([&](const auto& r) { return of(books, r); }, errand.request);
}

bool leaves_a_mark(const Errand& errand) {
  return std::visit([](const auto& r) { return kMarks<std::decay_t<decltype(r)>>; },
                    errand.request);
}

bool names_rows(const Errand& errand) {
  return std::visit([](const auto& r) { return kNames<std::decay_t<decltype(r)>>; },
                    errand.request);
}

std::string lasting(const Value& value) {
  std::string out;
  const auto add = [&out](const auto& rows) {
    for (const auto& row : rows) out += row.id + " ";
  };
  if (const auto* holds = std::get_if<HoldsAnswer>(&value)) {
    add(holds->holds);
  } else if (const auto* hold = std::get_if<HoldAnswer>(&value)) {
    out = hold->hold.id + " ";
  } else if (const auto* bookings = std::get_if<AllocationsAnswer>(&value)) {
    add(bookings->allocations);
  } else if (const auto* booking = std::get_if<AllocationAnswer>(&value)) {
    out = booking->allocation.id + " ";
  } else if (const auto* closed = std::get_if<BlackoutAnswer>(&value)) {
    out = closed->blackout.id + " " + to_string(closed->blackout.created_at);
  } else if (const auto* adjusted = std::get_if<CapacityAdjusted>(&value)) {
    for (const auto& d : adjusted->days) {
      out += to_string(d.date) + " " + std::to_string(d.available_capacity) + " of " +
             std::to_string(d.max_capacity) + " ";
    }
  }
  return out;
}

bool is_replayed(const Value& value) {
  return std::visit(
      [](const auto& answer) {
        if constexpr (requires { answer.replayed; }) return bool{answer.replayed};
        return false;
      },
      value);
}

namespace {

std::string text(const std::vector<Date>& dates) {
  std::string out;
  for (const Date date : dates) out += " " + to_string(date);
  return out;
}

template <class R>
std::string named(const R& r) {
  std::string out;
  if constexpr (requires { r.resource_id; }) out += " " + r.resource_id;
  if constexpr (requires { r.hold_id; }) out += " " + r.hold_id;
  if constexpr (requires { r.hold_ids; }) {
    for (const auto& id : r.hold_ids) out += " " + id;
  }
  if constexpr (requires { r.allocation_id; }) out += " " + r.allocation_id;
  if constexpr (requires { r.blackout_id; }) out += " " + r.blackout_id;
  if constexpr (requires { r.dates; }) out += text(r.dates);
  if constexpr (requires { r.items; }) {
    for (const auto& item : r.items) out += " " + item.resource_id + text(item.dates);
  }
  if constexpr (requires { r.order_id; }) out += " order " + r.order_id;
  if constexpr (requires { r.idempotency_token; }) out += " token " + r.idempotency_token;
  return out;
}

}  // namespace

std::string describe(const Errand& errand) {
  return "request " + std::to_string(errand.request.index()) +
         std::visit([](const auto& r) { return named(r); }, errand.request);
}

}  // namespace holdfast::test::machine
