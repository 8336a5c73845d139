// A host program with N callers, each in a closed loop, on one engine: on threads that wait, or on
// one thread that submits and drains.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "support.hpp"

namespace holdfast {
class Engine;
}

namespace holdfast::bench {

enum class Workload { kSpread, kHot, kConfirm, kRelease, kCheck, kSearch };

struct Sample {
  Clock::time_point ended;
  std::chrono::nanoseconds latency;
  bool accepted;
};

/// What one caller saw. One writer, so nobody waits; the counters may be read at any time.
struct Tally {
  std::vector<Sample> samples;
  std::atomic<std::int64_t> done{0};
  std::atomic<std::int64_t> refused{0};
  std::atomic<std::int64_t> failed{0};
};

enum class Answered { kAccepted, kRefused, kFailed };

struct Load {
  Load(Shop what, Workload kind, int how_many, std::uint64_t from, bool keep);
  /// Counts one iteration of a caller's that began at `began` and ends now.
  void record(Tally& tally, Clock::time_point began, Answered answered);
  std::int64_t total(std::atomic<std::int64_t> Tally::*count) const;

  const Shop shop;
  const Workload workload;
  const int callers;
  const std::uint64_t seed;
  const std::uint64_t token_seed;  ///< tokens never repeat, also when seeds do
  const bool keep_samples;
  std::atomic<bool> stop{false};
  std::deque<Tally> tallies;  ///< one for each caller
};

/// What one caller asks for next.
class Chooser {
 public:
  Chooser(const Load& load, int caller);
  struct Stay {
    const std::string* resource;
    Date first;
    int days;
  };
  Stay stay();
  Stay month();
  std::string token() { return "tok_" + fresh_.letters(24); }
  std::string order() { return "ord_" + fresh_.letters(24); }

 private:
  Stay within(int days);
  const Load& load_;
  Random random_;
  Random fresh_;
};

constexpr int kMonth = 30;

struct Batches {
  std::int64_t batches = 0;
  std::int64_t commands = 0;
};

/// An engine, and the threads that call it.
class Host {
 public:
  virtual ~Host() = default;
  virtual void start(Load& load) = 0;
  /// Returns when every call of a load whose `stop` is set has been answered.
  virtual void join() = 0;
  virtual Batches batches() = 0;
  /// Null for a host that has only the C ABI.
  virtual Engine* engine() { return nullptr; }
};

std::unique_ptr<Host> open_blocking(const std::string& uri, int lanes);
std::unique_ptr<Host> open_draining(const std::string& uri, int lanes);

/// Says what went wrong, the first times.
void complain(const std::string& what);

}  // namespace holdfast::bench
