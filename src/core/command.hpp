// A mutating request made exact: all that deciding it needs beside the snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/operations.hpp"
#include "holdfast/types.hpp"

namespace holdfast::core {

/// Options that change which bookings are accepted.
struct Policy {
  std::chrono::milliseconds hold_ttl{};
  std::chrono::milliseconds max_hold_lifetime{};
};

/// Whether the holds of a create_holds' token are looked for before it is decided.
enum class Tokens : std::uint8_t {
  kLoad,
  /// No: it is taken for new, as it nearly always is. One that is not meets its first hold's row
  /// when it is written, which fails the transaction; and what would be refused is Deferred, since
  /// a replay comes first.
  kTrust,
};

struct CancelAllocations {
  std::vector<std::string> allocation_ids;
};

/// The sweep, for one resource.
struct ExpireDue {
  std::string resource_id;
};

/// prune, for one key.
struct PruneKey {
  std::string key;
  Instant before{};
};

/// Takes `customer_email` off these holds of one resource.
struct EraseEmail {
  std::string resource_id;
  std::vector<std::string> hold_ids;
  std::string customer_email;
};

/// Singular requests are folded into their plural; see engine/prepare.cpp.
using Action = std::variant<CreateResource, UpdateResource, DeleteResource, RestoreResource,
                            InitializeCapacity, AdjustCapacity, CreateHolds, ExtendHolds,
                            ConfirmHolds, ReleaseHolds, CancelAllocations, MoveHold, MoveAllocation,
                            CreateBlackout, DeleteBlackout, ExpireDue, PruneKey, EraseEmail>;

struct Command {
  Action action;
  std::vector<std::string> keys{};  ///< what it locks; ascending, each once
  std::vector<std::string> ids{};   ///< fresh ids for what it makes, in the order of its items
  std::string group_id{};           ///< of the holds it makes; empty for a single one
  std::string fingerprint{};
};

/// The name under which a request is remembered, `adjust_capacity`; also its metric's label.
std::string_view operation_name(const Action& action);

}  // namespace holdfast::core
