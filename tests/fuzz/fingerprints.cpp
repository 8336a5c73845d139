// Two requests have one fingerprint exactly when they are the same request.
#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/command.hpp"
#include "core/fingerprint.hpp"
#include "fuzz/bytes.hpp"

namespace holdfast::test::fuzz {
namespace {

// Short fields, so that what differs between two requests is often only where one of them ends.
std::string text(Bytes& bytes) { return std::string(bytes.text(bytes.below(4))); }
std::optional<std::string> maybe_text(Bytes& bytes) {
  if (bytes.flag()) return text(bytes);
  return std::nullopt;
}
std::vector<Date> dates(Bytes& bytes) {
  std::vector<Date> out(bytes.below(4));
  for (Date& date : out) date = Date(std::chrono::days(bytes.number<std::int32_t>()));
  return out;
}

UpdateResource update(Bytes& bytes) {
  return {text(bytes),
          maybe_text(bytes),
          maybe_text(bytes),
          maybe_text(bytes),
          maybe_text(bytes),
          maybe_text(bytes),
          {},
          text(bytes)};
}
auto asked(const UpdateResource& r) {
  return std::tie(r.resource_id, r.type, r.name, r.description, r.metadata, r.timezone);
}

CreateHolds hold(Bytes& bytes) {
  CreateHolds out;
  for (std::size_t n = bytes.below(3); n > 0; --n) {
    out.items.push_back({text(bytes), dates(bytes), bytes.number<std::int32_t>()});
  }
  if (bytes.flag()) out.ttl = std::chrono::milliseconds(bytes.number<std::int64_t>());
  out.holder = text(bytes);
  out.customer_email = text(bytes);
  out.idempotency_token = text(bytes);
  return out;
}
auto asked(const CreateHolds& r) {
  std::vector<std::tuple<std::string, std::vector<Date>, std::int32_t>> items;
  for (const auto& item : r.items) items.emplace_back(item.resource_id, item.dates, item.quantity);
  return std::tuple(std::move(items), r.ttl, r.holder);
}

ExtendHolds extend(Bytes& bytes) {
  ExtendHolds out;
  for (std::size_t n = bytes.below(4); n > 0; --n) out.hold_ids.push_back(text(bytes));
  if (bytes.flag()) out.ttl = std::chrono::milliseconds(bytes.number<std::int64_t>());
  out.holder = text(bytes);
  out.as_host = bytes.flag();
  return out;
}
auto asked(const ExtendHolds& r) { return std::tie(r.hold_ids, r.ttl, r.holder, r.as_host); }

template <class Make>
void compare(Bytes& bytes, Make make) {
  const auto one = make(bytes);
  const auto other = make(bytes);
  const std::string of_one = core::fingerprint({.action = one});
  const std::string of_other = core::fingerprint({.action = other});
  promise(of_one.size() == 32, "a fingerprint has 32 digits");
  promise((of_one == of_other) == (asked(one) == asked(other)), "one fingerprint, one request");
  promise(core::equal_constant_time(of_one, of_other) == (of_one == of_other), "equal is equal");
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  Bytes bytes(data, size);
  switch (bytes.below(3)) {
    case 0:
      compare(bytes, update);
      break;
    case 1:
      compare(bytes, hold);
      break;
    default:
      compare(bytes, extend);
  }
  return 0;
}
