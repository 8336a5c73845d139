// Every field of the core's values, for comparing and for printing. The structured bindings do not
// compile any more when a struct gains a field, so none is forgotten.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "core/decide.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::test {

inline auto fields(const Resource& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = x;
  return std::tie(a, b, c, d, e, f, g, h, i, j);
}
inline auto fields(const ResourceCapacity& x) {
  const auto& [a, b, c, d, e] = x;
  return std::tie(a, b, c, d, e);
}
inline auto fields(const Hold& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = x;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
}
inline auto fields(const StoredHold& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto fields(const Allocation& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = x;
  return std::tie(a, b, c, d, e, f, g, h, i, j);
}
inline auto fields(const Blackout& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return std::tie(a, b, c, d, e, f, g);
}
inline auto fields(const CommandKey& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const CommandRecord& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto fields(const DayConflict& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto fields(const Rejection& x) {
  const auto& [a, b, c, d, e, f, g, h] = x;
  return std::tie(a, b, c, d, e, f, g, h);
}
inline auto fields(const core::Deferred&) { return std::tuple<>(); }
inline auto fields(const ResourceAnswer& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const HoldAnswer& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const HoldsAnswer& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto fields(const AllocationAnswer& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const AllocationsAnswer& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const CapacityInitialized& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto fields(const CapacityAdjusted& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const CleanupAnswer& x) {
  const auto& [a] = x;
  return std::tie(a);
}
inline auto fields(const BlackoutAnswer& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto fields(const PruneAnswer& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}

inline auto fields(const CreateResource& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return std::tie(a, b, c, d, e, f, g);
}
inline auto fields(const UpdateResource& x) {
  const auto& [a, b, c, d, e, f, g, h] = x;
  return std::tie(a, b, c, d, e, f, g, h);
}
inline auto fields(const DeleteResource& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const RestoreResource& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const InitializeCapacity& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return std::tie(a, b, c, d, e, f, g);
}
inline auto fields(const AdjustCapacity& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto fields(const HoldItem& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto fields(const CreateHolds& x) {
  const auto& [a, b, c, d, e] = x;
  return std::tie(a, b, c, d, e);
}
inline auto fields(const ExtendHolds& x) {
  const auto& [a, b, c, d, e] = x;
  return std::tie(a, b, c, d, e);
}
inline auto fields(const ConfirmHolds& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return std::tie(a, b, c, d, e, f, g);
}
inline auto fields(const ReleaseHolds& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto fields(const core::CancelAllocations& x) {
  const auto& [a] = x;
  return std::tie(a);
}
inline auto fields(const MoveHold& x) {
  const auto& [a, b, c, d, e, f] = x;
  return std::tie(a, b, c, d, e, f);
}
inline auto fields(const MoveAllocation& x) {
  const auto& [a, b, c, d] = x;
  return std::tie(a, b, c, d);
}
inline auto fields(const CreateBlackout& x) {
  const auto& [a, b, c, d, e, f] = x;
  return std::tie(a, b, c, d, e, f);
}
inline auto fields(const DeleteBlackout& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const core::ExpireDue& x) {
  const auto& [a] = x;
  return std::tie(a);
}
inline auto fields(const core::PruneKey& x) {
  const auto& [a, b] = x;
  return std::tie(a, b);
}
inline auto fields(const core::EraseEmail& x) {
  const auto& [a, b, c] = x;
  return std::tie(a, b, c);
}
inline auto fields(const core::Command& x) {
  const auto& [a, b, c, d, e] = x;
  return std::tie(a, b, c, d, e);
}

template <class T>
concept Fielded = requires(const T& x) {
  fields(x);
};

template <class T>
struct Shape {
  static constexpr bool kVariant = false;
};
template <class... T>
struct Shape<std::variant<T...>> {
  static constexpr bool kVariant = true;
};

template <class T>
bool same(const T& a, const T& b);
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (Shape<T>::kVariant) {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&b](const auto& x) {
          using X = std::decay_t<decltype(x)>;
          if constexpr (Fielded<X> || Shape<X>::kVariant) return same(x, std::get<X>(b));
          return false;  // an answer that no command gives
        },
        a);
  } else if constexpr (Fielded<T>) {
    const auto left = fields(a);
    const auto right = fields(b);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (same(std::get<I>(left), std::get<I>(right)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(fields(a))>>());
  } else {
    return a == b;
  }
}

/// For messages: every field, in order.
template <class T>
std::string describe(const T& x);
template <class T>
std::string describe(const std::vector<T>& values) {
  std::string out = "[";
  for (const auto& value : values) out += describe(value) + " ";
  return out + "]";
}
template <class T>
std::string describe(const std::optional<T>& value) {
  return value ? describe(*value) : "-";
}
template <class T>
std::string describe(const T& x) {
  if constexpr (Shape<T>::kVariant) {
    return std::visit(
        [](const auto& value) -> std::string {
          using X = std::decay_t<decltype(value)>;
          if constexpr (Fielded<X> || Shape<X>::kVariant) return describe(value);
          return "an answer that no command gives";
        },
        x);
  } else if constexpr (Fielded<T>) {
    std::string out = "{";
    std::apply([&out](const auto&... field) { ((out += describe(field) + ", "), ...); }, fields(x));
    return out + "}";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "'" + x + "'";
  } else if constexpr (requires { to_string(x); }) {
    return to_string(x);
  } else if constexpr (requires { name(x); }) {
    return name(x);
  } else if constexpr (requires { x.count(); }) {
    return std::to_string(x.count());
  } else {
    return std::to_string(static_cast<std::int64_t>(x));
  }
}

}  // namespace holdfast::test
