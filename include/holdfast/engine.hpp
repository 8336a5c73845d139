// The engine: open it on a database, ask it, close it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/error.hpp"
#include "holdfast/operations.hpp"
#include "holdfast/outcome.hpp"
#include "holdfast/types.hpp"

namespace holdfast {

class Storage;

/// Values are part of the ABI.
enum class LogLevel : std::int32_t { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

/// Called on any of the engine's threads and on callers' threads, also at once; must not call the
/// engine. Lines never hold personal data or a password.
using LogFn = std::function<void(LogLevel level, std::string_view line)>;

struct EngineOptions {
  // What the engine answers.
  std::string timezone = "Australia/Brisbane";  ///< of resources that name none
  std::chrono::milliseconds hold_ttl{std::chrono::minutes{30}};
  /// From a hold's creation to the last instant an extension may give it.
  std::chrono::milliseconds max_hold_lifetime{std::chrono::hours{24}};

  // How it gets there.
  std::int32_t lanes = 2;          ///< transactions at once, 1 to 16; each has its own connection
  std::int32_t readers = 2;        ///< threads that serve submitted reads, 1 to 64
  std::int32_t queue_max = 65536;  ///< commands waiting; one more is kBusy, Retry::kSafe
  std::chrono::milliseconds lock_timeout{2000};  ///< for a key that another process has locked
  /// How long safe failures are tried again before the caller gets one.
  std::chrono::milliseconds retry_timeout{10000};

  LogFn log{};  ///< none: silent
  /// none: the database's clock (PostgreSQL) or the system's. A test may put its own.
  std::function<Instant()> clock{};
};

/// A finished submit.
struct Completion {
  std::uint64_t tag = 0;
  Reply<Value> reply;
};

/// A booking engine on one database.
///
/// Threads: every method may be called from any thread at any time, except that the destructor must
/// be the last call. Requests that are in the queue when close() is called are carried out or
/// completed with Status::kClosed; none is lost.
class Engine {
 public:
  /// `uri`: `sqlite:PATH`, `sqlite::memory:`, `memory:`, `postgres://...`, `postgresql://...` or
  /// `postgres:` followed by libpq's own `key=value` text. Nothing is created or changed in the
  /// database but an empty SQLite file; see migrate().
  static Result<std::unique_ptr<Engine>> open(std::string_view uri, EngineOptions options = {});
  /// The same on a backend of the host's own.
  static Result<std::unique_ptr<Engine>> open(std::unique_ptr<Storage> storage,
                                              EngineOptions options = {});
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Carries out what has begun, completes the rest with Status::kClosed. Again: nothing.
  void close();

  Reply<MigrateAnswer> migrate() { return call<Migrate>({}); }

  Reply<ResourceAnswer> create_resource(CreateResource r) { return call(std::move(r)); }
  Reply<ResourceAnswer> update_resource(UpdateResource r) { return call(std::move(r)); }
  Reply<ResourceAnswer> retrieve_resource(RetrieveResource r) { return call(std::move(r)); }
  Reply<Page<Resource>> list_resources(ListResources r) { return call(std::move(r)); }
  Reply<ResourceAnswer> delete_resource(DeleteResource r) { return call(std::move(r)); }
  Reply<ResourceAnswer> restore_resource(RestoreResource r) { return call(std::move(r)); }

  Reply<CapacityInitialized> initialize_capacity(InitializeCapacity r) {
    return call(std::move(r));
  }
  Reply<CapacityAdjusted> adjust_capacity(AdjustCapacity r) { return call(std::move(r)); }
  Reply<Availability> check_availability(CheckAvailability r) { return call(std::move(r)); }
  Reply<SearchAnswer> search_availability(SearchAvailability r) { return call(std::move(r)); }
  Reply<CapacityReport> get_capacity_report(GetCapacityReport r) { return call(std::move(r)); }

  Reply<HoldAnswer> create_hold(CreateHold r) { return call(std::move(r)); }
  Reply<HoldsAnswer> create_holds(CreateHolds r) { return call(std::move(r)); }
  Reply<HoldAnswer> extend_hold(ExtendHold r) { return call(std::move(r)); }
  Reply<HoldsAnswer> extend_holds(ExtendHolds r) { return call(std::move(r)); }
  Reply<AllocationAnswer> confirm_hold(ConfirmHold r) { return call(std::move(r)); }
  Reply<AllocationsAnswer> confirm_holds(ConfirmHolds r) { return call(std::move(r)); }
  Reply<HoldAnswer> release_hold(ReleaseHold r) { return call(std::move(r)); }
  Reply<HoldsAnswer> release_holds(ReleaseHolds r) { return call(std::move(r)); }
  Reply<HoldAnswer> retrieve_hold(RetrieveHold r) { return call(std::move(r)); }
  Reply<Page<Hold>> list_holds(ListHolds r) { return call(std::move(r)); }
  Reply<CleanupAnswer> cleanup_expired_holds(CleanupExpiredHolds r = {}) {
    return call(std::move(r));
  }

  Reply<AllocationsAnswer> cancel_allocation(CancelAllocation r) { return call(std::move(r)); }
  Reply<HoldAnswer> move_hold(MoveHold r) { return call(std::move(r)); }
  Reply<AllocationAnswer> move_allocation(MoveAllocation r) { return call(std::move(r)); }
  Reply<Page<Allocation>> list_allocations(ListAllocations r) { return call(std::move(r)); }

  Reply<BlackoutAnswer> create_blackout(CreateBlackout r) { return call(std::move(r)); }
  Reply<Page<Blackout>> list_blackouts(ListBlackouts r) { return call(std::move(r)); }
  Reply<BlackoutAnswer> delete_blackout(DeleteBlackout r) { return call(std::move(r)); }

  Reply<VerifyAnswer> verify() { return call<Verify>({}); }
  Reply<MetricsAnswer> metrics(GetMetrics r = {}) { return call(std::move(r)); }
  Reply<PruneAnswer> prune(Prune r) { return call(std::move(r)); }

  /// Any request, blocking.
  Reply<Value> execute(Request request);

  /// Any request, not blocking: queues it and returns. Its completion is taken by drain().
  /// Fails with kBusy (Retry::kSafe) when the queue is full, kClosed after close().
  Result<void> submit(Request request, std::uint64_t tag);
  /// Takes at most `max` completions, oldest first; empty when there is none.
  std::vector<Completion> drain(std::size_t max);
  /// `wakeup` is called once when completions become available, and again only after a drain has
  /// left none; on a thread of the engine's, or inside submit() or set_wakeup() when there is
  /// something to take at once. It must not call the engine. Returns when no call of an earlier
  /// wakeup is running. An empty function takes it off.
  void set_wakeup(std::function<void()> wakeup);

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);

  template <class R>
  Reply<typename R::Value> call(R request) {
    Reply<Value> reply = execute(Request(std::move(request)));
    if (!reply.ok()) return std::move(reply.error());
    if (!reply->accepted()) return Answer<typename R::Value>(std::move(reply->rejection()));
    return Answer<typename R::Value>(std::get<typename R::Value>(std::move(reply->value())));
  }

  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
