// Ids, and the cursors that hosts hand back.
#include <optional>
#include <string>

#include "core/cursor.hpp"
#include "core/ids.hpp"
#include "fuzz/bytes.hpp"
#include "holdfast/entities.hpp"
#include "holdfast/operations.hpp"

namespace holdfast::test::fuzz {
namespace {

void read_id(std::string_view id) {
  for (const std::string_view prefix :
       {core::kHoldPrefix, core::kAllocationPrefix, core::kBlackoutPrefix}) {
    const std::optional<std::string> resource = core::resource_of(id, prefix);
    if (!resource) continue;
    promise(core::is_resource_id(*resource), "what an id names is a resource");
    promise(id.size() <= bounds::kIdBytes, "an id has its bound");
    promise(id.find(core::ulid_of(*resource)) == prefix.size(), "an id carries its resource");
  }
  if (core::is_resource_id(id)) promise(core::ulid_of(id).size() == core::kUlidSize, "its ULID");
}

void read_cursor(std::string_view text) {
  const std::optional<Cursor> cursor = core::parse_cursor(text);
  if (!cursor) return;
  const std::string again = core::print_cursor(*cursor);
  const std::optional<Cursor> twin = core::parse_cursor(again);
  promise(twin && twin->id == cursor->id && twin->created_at == cursor->created_at,
          "a cursor is read as it was printed");
}

void read_names(std::string_view text) {
  if (const auto status = parse_hold_status(text)) promise(name(*status) == text, "one spelling");
  if (const auto status = parse_allocation_status(text)) {
    promise(name(*status) == text, "one spelling");
  }
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  const std::string_view text = Bytes(data, size).rest();
  read_id(text);
  read_cursor(text);
  read_names(text);
  return 0;
}
