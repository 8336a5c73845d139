#include "engine/prepare.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "core/fingerprint.hpp"
#include "core/ids.hpp"
#include "core/validate.hpp"
#include "engine/ids.hpp"

namespace holdfast::engine {
namespace {

using core::Command;
using Prepared = std::variant<Command, Rejection>;

void sort(std::vector<Date>& dates) {
  if (!std::is_sorted(dates.begin(), dates.end())) std::sort(dates.begin(), dates.end());
}

Rejection not_found(Outcome outcome, const std::string& id) {
  Rejection rejection;
  rejection.outcome = outcome;
  rejection.id = id;
  return rejection;
}

// A text that is no id of ours names nothing.
bool add_key(Command& command, std::string_view id, std::string_view prefix) {
  auto key = core::resource_of(id, prefix);
  if (!key) return false;
  command.keys.push_back(std::move(*key));
  return true;
}

std::string id_of(std::string_view prefix, std::string_view resource_id) {
  return mint(prefix, core::ulid_of(resource_id));
}

void finish_keys(Command& command) {
  auto& keys = command.keys;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

Prepared one_resource(core::Action action, const std::string& resource_id) {
  if (!core::is_resource_id(resource_id)) {
    return not_found(Outcome::kResourceNotFound, resource_id);
  }
  Command command{std::move(action)};
  command.keys.push_back(resource_id);
  return command;
}

Prepared of_holds(core::Action action, const std::vector<std::string>& hold_ids) {
  Command command{std::move(action)};
  for (const auto& id : hold_ids) {
    if (!add_key(command, id, core::kHoldPrefix)) return not_found(Outcome::kHoldNotFound, id);
  }
  return command;
}

class Preparer {
 public:
  Preparer(Zones& zones, const std::string& default_timezone)
      : zones_(zones), default_timezone_(default_timezone) {}

  Prepared operator()(CreateResource r) {
    if (r.timezone.empty()) r.timezone = default_timezone_;
    if (r.metadata.empty()) r.metadata = "{}";
    if (auto unknown = refuse_zone(r.timezone)) return std::move(*unknown);
    make_token(r.idempotency_token);
    Command command{std::move(r)};
    const auto& request = std::get<CreateResource>(command.action);
    command.ids.push_back(mint("res_"));
    command.keys = {core::token_slot(request.idempotency_token), command.ids[0]};
    return command;
  }

  Prepared operator()(UpdateResource r) {
    if (r.timezone) {
      if (auto unknown = refuse_zone(*r.timezone)) return std::move(*unknown);
    }
    if (r.metadata && r.metadata->empty()) r.metadata = "{}";
    const std::string id = r.resource_id;
    return one_resource(std::move(r), id);
  }
  Prepared operator()(DeleteResource r) {
    const std::string id = r.resource_id;
    return one_resource(std::move(r), id);
  }
  Prepared operator()(RestoreResource r) {
    const std::string id = r.resource_id;
    return one_resource(std::move(r), id);
  }
  Prepared operator()(InitializeCapacity r) {
    make_token(r.idempotency_token);
    const std::string id = r.resource_id;
    return one_resource(std::move(r), id);
  }
  Prepared operator()(AdjustCapacity r) {
    make_token(r.idempotency_token);
    sort(r.dates);
    const std::string id = r.resource_id;
    return one_resource(std::move(r), id);
  }

  Prepared operator()(CreateHold r) {
    CreateHolds plural;
    plural.items.push_back({std::move(r.resource_id), std::move(r.dates), r.quantity});
    plural.customer_email = std::move(r.customer_email);
    plural.idempotency_token = std::move(r.idempotency_token);
    plural.holder = std::move(r.holder);
    plural.ttl = r.ttl;
    return create_holds(std::move(plural), {});
  }
  Prepared operator()(CreateHolds r) { return create_holds(std::move(r), mint("grp_")); }

  Prepared operator()(ExtendHold r) {
    return (*this)(ExtendHolds{{std::move(r.hold_id)},
                               r.ttl,
                               std::move(r.holder),
                               r.as_host,
                               std::move(r.idempotency_token)});
  }
  Prepared operator()(ExtendHolds r) {
    const auto ids = r.hold_ids;
    return of_holds(std::move(r), ids);
  }
  Prepared operator()(ConfirmHold r) {
    return (*this)(ConfirmHolds{{std::move(r.hold_id)},
                                std::move(r.order_id),
                                std::move(r.line_item_id),
                                r.if_expired,
                                std::move(r.holder),
                                r.as_host,
                                std::move(r.idempotency_token)});
  }
  Prepared operator()(ConfirmHolds r) {
    const auto ids = r.hold_ids;
    Prepared prepared = of_holds(std::move(r), ids);
    if (auto* command = std::get_if<Command>(&prepared)) {
      for (const auto& id : ids) {
        const auto resource_id = core::resource_of(id, core::kHoldPrefix);
        command->ids.push_back(id_of(core::kAllocationPrefix, *resource_id));
      }
    }
    return prepared;
  }
  Prepared operator()(ReleaseHold r) {
    return (*this)(ReleaseHolds{
        {std::move(r.hold_id)}, std::move(r.holder), r.as_host, std::move(r.idempotency_token)});
  }
  Prepared operator()(ReleaseHolds r) {
    const auto ids = r.hold_ids;
    return of_holds(std::move(r), ids);
  }

  Prepared operator()(CancelAllocation r) {
    Command command{core::CancelAllocations{{r.allocation_id}}};
    if (!add_key(command, r.allocation_id, core::kAllocationPrefix)) {
      return not_found(Outcome::kAllocationNotFound, r.allocation_id);
    }
    return command;
  }
  Prepared operator()(MoveHold r) {
    make_token(r.idempotency_token);
    sort(r.dates);
    const std::string id = r.hold_id;
    return of_holds(std::move(r), {id});
  }
  Prepared operator()(MoveAllocation r) {
    make_token(r.idempotency_token);
    sort(r.dates);
    const std::string id = r.allocation_id;
    Command command{std::move(r)};
    if (!add_key(command, id, core::kAllocationPrefix)) {
      return not_found(Outcome::kAllocationNotFound, id);
    }
    return command;
  }

  Prepared operator()(CreateBlackout r) {
    make_token(r.idempotency_token);
    const std::string id = r.resource_id;
    Prepared prepared = one_resource(std::move(r), id);
    if (auto* command = std::get_if<Command>(&prepared)) {
      command->ids.push_back(id_of(core::kBlackoutPrefix, id));
    }
    return prepared;
  }
  Prepared operator()(DeleteBlackout r) {
    const std::string id = r.blackout_id;
    Command command{std::move(r)};
    if (!add_key(command, id, core::kBlackoutPrefix)) {
      return not_found(Outcome::kBlackoutNotFound, id);
    }
    return command;
  }

  template <class R>
  Prepared operator()(R) {
    return core::invalid("request", "not a command");
  }

 private:
  static void make_token(std::string& token) {
    if (token.empty()) token = mint("tok_");
  }

  std::optional<Rejection> refuse_zone(const std::string& zone) {
    if (zones_.exists(zone)) return std::nullopt;
    return core::invalid("timezone", "not a zone of the system's tz database");
  }

  Prepared create_holds(CreateHolds r, std::string group_id) {
    make_token(r.idempotency_token);
    for (auto& item : r.items) {
      if (!core::is_resource_id(item.resource_id)) {
        return not_found(Outcome::kResourceNotFound, item.resource_id);
      }
      sort(item.dates);
    }
    Command command{std::move(r)};
    command.group_id = std::move(group_id);
    for (const auto& item : std::get<CreateHolds>(command.action).items) {
      command.keys.push_back(item.resource_id);
      command.ids.push_back(id_of(core::kHoldPrefix, item.resource_id));
    }
    return command;
  }

  Zones& zones_;
  const std::string& default_timezone_;
};

template <class R>
constexpr bool kReads =
    std::is_same_v<R, RetrieveResource> || std::is_same_v<R, ListResources> ||
    std::is_same_v<R, CheckAvailability> || std::is_same_v<R, SearchAvailability> ||
    std::is_same_v<R, GetCapacityReport> || std::is_same_v<R, RetrieveHold> ||
    std::is_same_v<R, ListHolds> || std::is_same_v<R, ListAllocations> ||
    std::is_same_v<R, ListBlackouts> || std::is_same_v<R, GetMetrics>;

template <class R>
constexpr bool kComposed = std::is_same_v<R, CleanupExpiredHolds> || std::is_same_v<R, Migrate> ||
                           std::is_same_v<R, Verify> || std::is_same_v<R, Prune>;

template <class R>
constexpr bool kIsCommand = !kReads<R> && !kComposed<R>;

}  // namespace

bool is_command(const Request& request) {
  return std::visit(
      [](const auto& r) {
        using R = std::decay_t<decltype(r)>;
        if constexpr (std::is_same_v<R, CancelAllocation>) return !r.allocation_id.empty();
        return kIsCommand<R>;
      },
      request);
}

std::variant<Command, Rejection> prepare(Request request, Zones& zones,
                                         const std::string& default_timezone) {
  Prepared prepared =
      std::visit([&](auto&& r) { return Preparer(zones, default_timezone)(std::move(r)); },
                 std::move(request));
  if (auto* command = std::get_if<Command>(&prepared)) {
    finish_keys(*command);
    command->fingerprint = core::fingerprint(*command);
  }
  return prepared;
}

namespace {

template <class R, std::size_t I = 0>
constexpr std::size_t index_of() {
  if constexpr (std::is_same_v<R, std::variant_alternative_t<I, Request>>) {
    return I;
  } else {
    return index_of<R, I + 1>();
  }
}

}  // namespace

Value shape(Value value, std::size_t request_index) {
  switch (request_index) {
    case index_of<CreateHold>():
    case index_of<ExtendHold>():
    case index_of<ReleaseHold>(): {
      auto& holds = std::get<HoldsAnswer>(value);
      return HoldAnswer{std::move(holds.holds.front()), holds.replayed};
    }
    case index_of<ConfirmHold>(): {
      auto& allocations = std::get<AllocationsAnswer>(value);
      return AllocationAnswer{std::move(allocations.allocations.front()), allocations.replayed};
    }
    default:
      return value;
  }
}

namespace {

template <class T>
concept HasToken = requires(T& request) {
  request.idempotency_token;
};

}  // namespace

const std::string& token_of(const Command& command) {
  static const std::string kNone;
  return std::visit(
      [](const auto& request) -> const std::string& {
        if constexpr (HasToken<std::decay_t<decltype(request)>>) {
          return request.idempotency_token;
        } else {
          return kNone;
        }
      },
      command.action);
}

std::string_view request_name(std::size_t request_index) {
  static constexpr std::array<std::string_view, 33> kNames = {"create_resource",
                                                              "update_resource",
                                                              "retrieve_resource",
                                                              "list_resources",
                                                              "delete_resource",
                                                              "restore_resource",
                                                              "initialize_capacity",
                                                              "adjust_capacity",
                                                              "check_availability",
                                                              "search_availability",
                                                              "get_capacity_report",
                                                              "create_hold",
                                                              "create_holds",
                                                              "extend_hold",
                                                              "extend_holds",
                                                              "confirm_hold",
                                                              "confirm_holds",
                                                              "release_hold",
                                                              "release_holds",
                                                              "retrieve_hold",
                                                              "list_holds",
                                                              "cleanup_expired_holds",
                                                              "cancel_allocation",
                                                              "move_hold",
                                                              "move_allocation",
                                                              "list_allocations",
                                                              "create_blackout",
                                                              "list_blackouts",
                                                              "delete_blackout",
                                                              "migrate",
                                                              "verify",
                                                              "metrics",
                                                              "prune"};
  static_assert(std::variant_size_v<Request> == kNames.size());
  return kNames[request_index];
}

}  // namespace holdfast::engine
