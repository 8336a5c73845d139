// Batches of holds on a real database, straight through the storage interface.
#pragma once

#include <memory>

#include "batch.hpp"
#include "holdfast/storage.hpp"
#include "support/database.hpp"

namespace holdfast::counted {

inline constexpr std::size_t kHolds = 50;

inline std::unique_ptr<Storage> open_shop(const std::string& uri) {
  auto storage = test::must(open_storage(uri, {}));
  (void)test::must(storage->migrate());
  Scope scope;
  Changes changes;
  for (std::size_t i = 0; i < kHolds; ++i) {
    scope.keys.push_back({.key = resource_id(i)});
    changes.resource_inserts.push_back(resource(resource_id(i)));
    for (const Date day : days())
      changes.capacity_inserts.push_back({resource_id(i), day, 1'000'000, 1'000'000});
  }
  test::must(storage->transact(scope, [&](const Snapshot&) { return changes; }));
  return storage;
}

/// Carries out one batch, as the engine would.
inline void carry_out(Storage& storage, const Batch& batch) {
  std::size_t written = 0;
  test::must(storage.transact(batch.plan(), [&](Snapshot snapshot) {
    for (KeySnapshot& key : snapshot.keys) key.today = kToday;
    core::Decision decision = batch.decide(std::move(snapshot));
    written = decision.changes.hold_inserts.size();
    return std::move(decision.changes);
  }));
  if (written != batch.size()) throw std::runtime_error("a hold of the batch was refused");
}

/// So that statements are prepared, and the pages are there.
inline void warm_up(Storage& storage) {
  for (std::size_t round = 1; round <= 2; ++round)
    carry_out(storage, Batch(kHolds, Over::kResourcesOfTheirOwn, round));
}

}  // namespace holdfast::counted
