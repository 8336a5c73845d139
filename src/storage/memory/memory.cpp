// The in-memory backend: the reference for the others, and a database for users' own tests.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "storage/backends.hpp"
#include "storage/memory/key_locks.hpp"
#include "storage/memory/lists.hpp"
#include "storage/memory/loader.hpp"
#include "storage/memory/tables.hpp"
#include "storage/memory/writer.hpp"
#include "storage/within.hpp"

namespace holdfast {
namespace {

constexpr std::int32_t kSchemaVersion = 1;

Instant system_now() {
  return std::chrono::time_point_cast<Instant::duration>(std::chrono::system_clock::now());
}

/// Key locks span a whole transaction; the mutex on the tables only a load or a write, so a reader
/// never waits for a decision, and transactions without a common key run at once.
class MemoryStorage final : public Storage {
 public:
  MemoryStorage(const StorageOptions& options, Seams seams) : options_(options), seams_(seams) {}

  Result<std::int32_t> migrate() override {
    migrated_ = true;
    return kSchemaVersion;
  }

  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    meanwhile();
    return no_throw<void>([&]() -> Result<void> {
      if (!migrated_) return not_migrated();
      KeyLocks::Held held(locks_);
      if (seams_.lock) {
        if (Result<void> locked = lock(scope, held); !locked.ok()) return locked;
      }
      Snapshot snapshot = load(scope, true);
      const Instant now = snapshot.now;
      const Changes changes = decide(std::move(snapshot));
      if (auto outside = refuse_outside(scope, changes)) return std::move(*outside);
      const std::scoped_lock guard(mutex_);
      return Writer(tables_, now, seams_.guard).write(changes);
    });
  }

  Result<Snapshot> read(const Scope& scope) override {
    return no_throw<Snapshot>([&]() -> Result<Snapshot> {
      if (!migrated_) return not_migrated();
      return load(scope, false);
    });
  }

  Result<ListPage> list(const ListQuery& query) override {
    return no_throw<ListPage>([&]() -> Result<ListPage> {
      if (!migrated_) return not_migrated();
      const std::scoped_lock guard(mutex_);
      return Lister(tables_, query, now()).list();
    });
  }

  StorageCounters counters() const override {
    return {.lock_waits = lock_waits_, .lock_timeouts = lock_timeouts_};
  }

  std::string describe() const override { return "memory: lives and dies with this process"; }

 private:
  template <class T, class F>
  static Result<T> no_throw(F body) {
    try {
      return body();
    } catch (const std::bad_alloc&) {
      return Error{.status = Status::kNoMemory, .retry = Retry::kSafe, .message = "out of memory"};
    } catch (const std::exception& e) {
      return Error{.status = Status::kInternal, .retry = Retry::kNever, .message = e.what()};
    } catch (...) {
      return Error{.status = Status::kInternal,
                   .retry = Retry::kNever,
                   .message = "an exception of an unknown type"};
    }
  }

  static Error not_migrated() {
    return {.status = Status::kSchema,
            .retry = Retry::kNever,
            .message = "the database has no Holdfast schema: call migrate() first"};
  }

  Instant now() const { return options_.clock ? options_.clock() : system_now(); }

  Result<void> lock(const Scope& scope, KeyLocks::Held& held) {
    std::vector<const std::string*> keys;
    keys.reserve(scope.keys.size());
    for (const KeyScope& key : scope.keys) keys.push_back(&key.key);
    const auto less = [](const auto* a, const auto* b) { return *a < *b; };
    const auto same = [](const auto* a, const auto* b) { return *a == *b; };
    std::sort(keys.begin(), keys.end(), less);
    keys.erase(std::unique(keys.begin(), keys.end(), same), keys.end());

    const auto deadline = std::chrono::steady_clock::now() + options_.lock_timeout;
    for (const std::string* key : keys) {
      const KeyLocks::Grant grant = held.lock(*key, deadline);
      if (grant != KeyLocks::Grant::kAtOnce) ++lock_waits_;
      if (grant == KeyLocks::Grant::kTimedOut) {
        ++lock_timeouts_;
        return Error{.status = Status::kBusy,
                     .retry = Retry::kSafe,
                     .message = "timed out waiting for the lock of a key"};
      }
    }
    return {};
  }

  Snapshot load(const Scope& scope, bool locked) {
    static const KeyRows kNoRows;
    const std::scoped_lock guard(mutex_);
    Snapshot snapshot{.now = now()};
    snapshot.keys.reserve(scope.keys.size());
    for (const KeyScope& key : scope.keys) {
      const auto found = tables_.find(key.key);
      const KeyRows& rows = found == tables_.end() ? kNoRows : found->second;
      snapshot.keys.push_back(Loader(rows, key, snapshot.now, locked, scope.due_per_key).load());
    }
    return snapshot;
  }

  const StorageOptions options_;
  const Seams seams_;
  KeyLocks locks_{};
  std::mutex mutex_{};  // guards tables_; never held while decide runs
  Tables tables_{};
  std::atomic<bool> migrated_ = false;
  std::atomic<std::int64_t> lock_waits_ = 0;
  std::atomic<std::int64_t> lock_timeouts_ = 0;
};

}  // namespace

Result<std::unique_ptr<Storage>> open_memory(const StorageOptions& options, Seams seams) {
  return std::unique_ptr<Storage>(std::make_unique<MemoryStorage>(options, seams));
}

}  // namespace holdfast
