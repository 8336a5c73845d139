// Questions that change nothing, and the few operations that are made of others.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "engine/lanes.hpp"
#include "engine/log.hpp"
#include "engine/metrics.hpp"
#include "engine/zones.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::engine {

/// What an operation outside the lanes works with.
struct Desk {
  Storage& storage;
  Zones& zones;
  Lanes& lanes;
  Metrics& metrics;
  std::chrono::milliseconds retry_timeout;
  const std::atomic<bool>& closed;
};

Reply<Value> ask(Desk&, const RetrieveResource&);
Reply<Value> ask(Desk&, const ListResources&);
Reply<Value> ask(Desk&, const CheckAvailability&);
Reply<Value> ask(Desk&, const SearchAvailability&);
Reply<Value> ask(Desk&, const GetCapacityReport&);
Reply<Value> ask(Desk&, const RetrieveHold&);
Reply<Value> ask(Desk&, const ListHolds&);
Reply<Value> ask(Desk&, const ListAllocations&);
Reply<Value> ask(Desk&, const ListBlackouts&);
Reply<Value> ask(Desk&, const GetMetrics&);
Reply<Value> ask(Desk&, const Migrate&);
Reply<Value> ask(Desk&, const Verify&);
Reply<Value> ask(Desk&, const CleanupExpiredHolds&);
Reply<Value> ask(Desk&, const CancelAllocation&);
Reply<Value> ask(Desk&, const Prune&);

/// Tries again what failed safely, until the desk's retry_timeout.
Result<Snapshot> read(Desk& desk, const Scope& scope);
Result<ListPage> list(Desk& desk, const ListQuery& query);

}  // namespace holdfast::engine
