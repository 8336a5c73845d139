#include "storage/within.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

class Keys {
 public:
  explicit Keys(const Scope& scope) {
    keys_.reserve(scope.keys.size());
    for (const KeyScope& key : scope.keys) keys_.push_back(key.key);
    std::sort(keys_.begin(), keys_.end());
  }

  /// Whether `key_of` each row is one of ours.
  template <class Row, class KeyOf>
  bool hold(const std::vector<Row>& rows, KeyOf key_of) const {
    return std::all_of(rows.begin(), rows.end(), [&](const Row& row) {
      return std::binary_search(keys_.begin(), keys_.end(), std::string_view(key_of(row)));
    });
  }

 private:
  std::vector<std::string_view> keys_;
};

}  // namespace

std::optional<Error> refuse_outside(const Scope& scope, const Changes& changes) {
  const Keys keys(scope);
  const auto id = [](const Resource& row) -> const auto& { return row.id; };
  const auto key = [](const auto& row) -> const auto& { return row.key; };
  const auto resource_id = [](const auto& row) -> const auto& { return row.resource_id; };
  const auto of_hold = [](const auto& row) -> const auto& { return row.hold.resource_id; };
  const auto of_allocation = [](const auto& row) -> const auto& {
    return row.allocation.resource_id;
  };
  const bool inside =
      keys.hold(changes.resource_inserts, id) && keys.hold(changes.resource_updates, id) &&
      keys.hold(changes.capacity_inserts, key) && keys.hold(changes.capacity_deltas, key) &&
      keys.hold(changes.hold_inserts, of_hold) && keys.hold(changes.hold_updates, of_hold) &&
      keys.hold(changes.status_changes, key) &&
      keys.hold(changes.allocation_inserts, resource_id) &&
      keys.hold(changes.allocation_updates, of_allocation) &&
      keys.hold(changes.blackout_inserts, resource_id) &&
      keys.hold(changes.blackout_updates, resource_id) && keys.hold(changes.command_inserts, key) &&
      keys.hold(changes.removals, key);
  if (inside) return std::nullopt;
  return Error{.status = Status::kInternal,
               .retry = Retry::kNever,
               .message = "a change outside the keys that were locked"};
}

}  // namespace holdfast
