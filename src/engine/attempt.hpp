// One batch, until it is committed or given up: the retry class decides.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <span>

#include "core/decide.hpp"
#include "engine/log.hpp"
#include "engine/metrics.hpp"
#include "engine/zones.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::engine {

/// Who wants a batch carried out.
struct Client {
  /// Where a command's verdict, never Deferred, or its failure goes: once for each.
  std::function<void(std::size_t index, Result<core::Verdict> verdict)> deliver;
  /// Called when the database is at work and there is only to wait for it: once for each try.
  MeanwhileFn meanwhile = [] {};
};

/// Threads: any; the batches that run at once must not share a key.
class Attempts {
 public:
  /// So many batches in a row whose holds were all new, and tokens are trusted. To be wrong costs
  /// the batch a second run, and a line in the log of a PostgreSQL server.
  static constexpr int kCalmBeforeTrust = 64;

  Attempts(Storage& storage, Zones& zones, Metrics& metrics, const Log& log,
           const core::Policy& policy, std::chrono::milliseconds retry_timeout,
           int calm_before_trust = kCalmBeforeTrust)
      : storage_(storage),
        zones_(zones),
        metrics_(metrics),
        log_(log),
        policy_(policy),
        retry_timeout_(retry_timeout),
        calm_before_trust_(calm_before_trust) {}

  void run(std::span<const core::Command* const> commands, const Client& client);
  /// No more waiting between tries: what fails now fails for good.
  void hurry() { hurry_ = true; }

 private:
  struct Batch;
  using Clock = std::chrono::steady_clock;

  Result<void> transact(const Scope& scope, const Batch& batch, const Client& client,
                        core::Decision& decision);
  void attempt(Batch batch, Clock::time_point deadline, const Client& client);
  core::Tokens tokens() const;
  void learn(const core::Tally& tally);
  bool try_again(const Error& error, int tries, Clock::time_point deadline);
  void fail(const Batch& batch, Error error, const Client& client);

  Storage& storage_;
  Zones& zones_;
  Metrics& metrics_;
  const Log& log_;
  const core::Policy& policy_;
  const std::chrono::milliseconds retry_timeout_;
  const int calm_before_trust_;
  std::atomic<int> calm_{0};  ///< batches of new holds since the last one that had others
  std::atomic<bool> hurry_{false};
};

}  // namespace holdfast::engine
