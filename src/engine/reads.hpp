// Questions that change nothing, and the few operations that are made of others.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "engine/calendars.hpp"
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
  Calendars& calendars;
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

/// What check_availability and search_availability want to know: for a caller who does not wait for
/// the days, in two steps.
struct DaysQuestion {
  std::vector<std::string> keys{};  ///< ascending
  DateRange range{};
  std::int32_t quantity = 1;
  std::int32_t consecutive_days = 0;
  bool is_search = false;
};
/// Or the answer, where there is nothing to look up.
std::variant<DaysQuestion, Reply<Value>> days_question(Desk&, const CheckAvailability&);
std::variant<DaysQuestion, Reply<Value>> days_question(Desk&, const SearchAvailability&);
Reply<Value> answer(Desk&, const DaysQuestion&, const Result<Calendars::Shared>& found);
/// False where days_question() asks the storage for the keys.
inline bool names_its_keys(const CheckAvailability&) { return true; }
inline bool names_its_keys(const SearchAvailability& r) { return r.type.empty(); }

/// Tries again what failed safely, until the desk's retry_timeout.
Result<Snapshot> read(Desk& desk, const Scope& scope);
Result<ListPage> list(Desk& desk, const ListQuery& query);

}  // namespace holdfast::engine
