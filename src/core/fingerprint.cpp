#include "core/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/sha256.hpp"

namespace holdfast::core {
namespace {

// Each part tells where it ends, so no two requests share an encoding. Short, because what is
// hashed costs by the 64 bytes: a usual hold's is one such block.
class Encoder {
 public:
  /// Of letters and underscores.
  void word(std::string_view value) {
    bytes_.append(value);
    bytes_.push_back('\0');
  }
  void text(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    bytes_.append(value);
  }
  /// 7 bits a byte, the lowest first; the sign is the lowest bit.
  void number(std::int64_t value) {
    auto rest = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
    for (; rest > 0x7F; rest >>= 7) bytes_.push_back(static_cast<char>((rest & 0x7F) | 0x80));
    bytes_.push_back(static_cast<char>(rest));
  }
  void date(Date value) { number(value.time_since_epoch().count()); }
  void dates(const std::vector<Date>& values) {
    number(static_cast<std::int64_t>(values.size()));
    Date before{};
    for (const Date value : values) number((value - std::exchange(before, value)).count());
  }
  void texts(const std::vector<std::string>& values) {
    number(static_cast<std::int64_t>(values.size()));
    for (const auto& value : values) text(value);
  }
  template <class T, class Put>
  void optional(const std::optional<T>& value, Put put) {
    number(value.has_value() ? 1 : 0);
    if (value) put(*value);
  }
  void ttl(const std::optional<std::chrono::milliseconds>& value) {
    optional(value, [this](auto ttl) { number(ttl.count()); });
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::array<std::byte, 512> room_;  // for nearly all
  std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
  std::pmr::string bytes_{&memory_};
};

void put(Encoder& e, const CreateResource& r) {
  for (const auto* field : {&r.type, &r.name, &r.description, &r.metadata, &r.timezone}) {
    e.text(*field);
  }
  e.number(r.is_active ? 1 : 0);
}

void put(Encoder& e, const UpdateResource& r) {
  e.text(r.resource_id);
  for (const auto* field : {&r.type, &r.name, &r.description, &r.metadata, &r.timezone}) {
    e.optional(*field, [&e](const auto& value) { e.text(value); });
  }
  e.optional(r.is_active, [&e](bool value) { e.number(value ? 1 : 0); });
}

void put(Encoder& e, const InitializeCapacity& r) {
  e.text(r.resource_id);
  e.date(r.start_date);
  e.date(r.end_date);
  e.number(r.daily_capacity);
  e.number(r.weekdays);
  e.number(static_cast<std::int64_t>(r.on_existing));
}

void put(Encoder& e, const AdjustCapacity& r) {
  e.text(r.resource_id);
  e.dates(r.dates);
  e.number(r.delta);
}

void put(Encoder& e, const CreateHolds& r) {
  e.number(static_cast<std::int64_t>(r.items.size()));
  for (const auto& item : r.items) {
    e.text(item.resource_id);
    e.dates(item.dates);
    e.number(item.quantity);
  }
  e.ttl(r.ttl);
  e.text(r.holder);
}

void put(Encoder& e, const ExtendHolds& r) {
  e.texts(r.hold_ids);
  e.ttl(r.ttl);
  e.text(r.holder);
  e.number(r.as_host ? 1 : 0);
}

void put(Encoder& e, const MoveHold& r) {
  e.text(r.hold_id);
  e.dates(r.dates);
  e.optional(r.quantity, [&e](auto quantity) { e.number(quantity); });
  e.text(r.holder);
  e.number(r.as_host ? 1 : 0);
}

void put(Encoder& e, const MoveAllocation& r) {
  e.text(r.allocation_id);
  e.dates(r.dates);
  e.optional(r.quantity, [&e](auto quantity) { e.number(quantity); });
}

void put(Encoder& e, const CreateBlackout& r) {
  e.text(r.resource_id);
  e.date(r.start_date);
  e.date(r.end_date);
  e.text(r.reason);
  e.number(static_cast<std::int64_t>(r.on_conflict));
}

template <class T>
concept Remembered = requires(Encoder& e, const T& request) {
  put(e, request);
};

}  // namespace

std::string fingerprint(const Command& command) {
  Encoder encoder;
  encoder.word(operation_name(command.action));
  encoder.number(command.group_id.empty() ? 0 : 1);
  const bool remembered = std::visit(
      [&encoder](const auto& request) {
        if constexpr (Remembered<std::decay_t<decltype(request)>>) {
          put(encoder, request);
          return true;
        } else {
          return false;
        }
      },
      command.action);
  if (!remembered) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(32);
  const auto digest = sha256(encoder.bytes());
  std::for_each_n(digest.begin(), 16, [&out, kHex](std::uint8_t byte) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  });
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  const std::size_t size = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < size; ++i) {
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace holdfast::core
