// Reads of days, gathered as bookings are: while some are read, what is asked becomes the next
// read.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "holdfast/storage.hpp"
#include "holdfast/types.hpp"

namespace holdfast::engine {

/// A few reads run at once. Who asks while fewer run has a read of its own; what is asked for
/// meanwhile is read together as soon as one of them has ended. So everybody is shown one instant
/// that is later than its call, and a thousand who ask for one calendar cost a few reads of it. A
/// caller who blocks reads on its own thread, or for all that came with it; where none does, a
/// thread of the readers' does it.
///
/// Threads: any.
class Calendars {
 public:
  using Shared = std::shared_ptr<const Snapshot>;
  using Read = std::function<Result<Snapshot>(const Scope&)>;
  /// Runs the job on another thread, once.
  using HandOn = std::function<Result<void>(std::function<void(bool closed)> job)>;
  using Done = std::function<void(const Result<Shared>&)>;

  Calendars(std::size_t reads_at_once, std::int32_t queue_max, Read read, HandOn hand_on);

  /// The keys and maybe others, each with the range that it was asked for. Blocks.
  /// REQUIRES: `keys` ascends, each once.
  Result<Shared> look(const std::vector<std::string>& keys, DateRange range);
  /// `done` is called with the same exactly once, on another thread, unless this fails. It must not
  /// throw.
  Result<void> ask(const std::vector<std::string>& keys, DateRange range, Done done);
  /// Blocks until all that have asked are answered.
  void finish();
  /// How many wait for their read to begin.
  std::size_t waiting() const;

 private:
  struct Group;
  struct Joined {
    std::shared_ptr<Group> group;
    bool leads = false;  ///< it has the group to itself, and a read's place
  };
  Result<Joined> join(const std::vector<std::string>& keys, DateRange range, Done done);
  Result<void> hand_on(std::shared_ptr<Group> group);
  std::shared_ptr<Group> next();
  void lead(std::shared_ptr<Group> group);

  const std::size_t at_once_;
  const std::size_t queue_max_;
  const Read read_;
  const HandOn hand_on_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t running_ = 0;  ///< reads that run; as long as any waits, all that may
  std::size_t queued_ = 0;   ///< those in the groups that wait whose caller does not
  std::deque<std::shared_ptr<Group>> waiting_;
};

}  // namespace holdfast::engine
