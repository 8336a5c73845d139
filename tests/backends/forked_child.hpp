// What a forked child may do with what its parent has open: let go of it, and open its own.
#pragma once

#include <memory>
#include <string>

#include "holdfast/storage.hpp"
#include "shop.hpp"
#include "support/child.hpp"

namespace holdfast::test {

/// Whether in a forked child `engine` and `storage` refuse to work and can be let go of, and an
/// engine of the child's own sees the five places of `resource`.
inline bool child_needs_its_own(Engine& engine, std::unique_ptr<Storage>& storage,
                                const std::string& uri, const std::string& resource) {
  const auto misused = [](const auto& result) {
    return !result.ok() && result.error().status == Status::kMisuse &&
           contains(result.error().message, "fork");
  };
  return holds_in_child([&] {
    const bool told = misused(engine.create_hold(hold_request(resource))) &&
                      misused(engine.retrieve_resource({.resource_id = resource})) &&
                      misused(storage->migrate());
    storage.reset();
    const auto own = Engine::open(uri);
    return told && own.ok() && available(**own, resource) == 5;
  });
}

}  // namespace holdfast::test
