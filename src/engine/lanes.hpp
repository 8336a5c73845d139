// One queue, a few lanes: while a lane commits one batch, the next one gathers.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/command.hpp"
#include "engine/attempt.hpp"
#include "holdfast/error.hpp"

namespace holdfast::engine {

/// A free lane takes the oldest commands whose keys no other lane holds, so this process never
/// waits on its own locks. A caller who finds all lanes free works one itself, which saves a lone
/// one two switches of thread; what gathers meanwhile is worked by threads of the lanes' own.
///
/// Threads: any. Commands of one key are decided in the order they came.
class Lanes {
 public:
  using Done = std::function<void(Result<core::Verdict>)>;

  /// `told` is called whenever the last of several `done` was.
  Lanes(
      Attempts& attempts, std::int32_t lanes, std::int32_t queue_max,
      std::function<void()> told = [] {});
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;
  ~Lanes();

  /// Blocks until each is decided; the results are in the commands' order.
  std::vector<Result<core::Verdict>> execute(std::vector<core::Command> commands);
  /// `done` is called exactly once, on a lane's thread, unless this fails.
  Result<void> submit(core::Command command, Done done);
  /// Commands that have begun are carried out, those that wait fail with kClosed.
  void close();
  std::int64_t depth() const;

 private:
  /// A thread that blocks. It is gone as soon as it was told.
  class Waiter {
   public:
    explicit Waiter(std::size_t missing);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { sem_destroy(&told_); }
    /// One of its commands is answered. True when it was the last: then wake() is due.
    bool answered() { return missing_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
    void wake() { sem_post(&told_); }
    /// Another one, that its thread wakes as soon as it is woken itself.
    void wakes(Waiter* next) { next_ = next; }
    void wait();

   private:
    std::atomic<std::size_t> missing_;
    sem_t told_{};
    Waiter* next_ = nullptr;
  };
  struct Pending {
    explicit Pending(core::Command of);
    /// Hands out the answer. True when its thread is to be woken.
    bool answer(Result<core::Verdict> with);
    core::Command command;
    std::vector<std::size_t> keys{};  ///< hashes: two keys that share one wait needlessly, no more
    std::size_t weight;
    bool is_sweep;
    Done done{};                                   ///< how a submitted one is answered, or
    Waiter* waiter = nullptr;                      ///< whose thread blocks, and
    Result<core::Verdict>* result = nullptr;       ///< where it looks
    std::optional<Result<core::Verdict>> reply{};  ///< what became of it
  };
  using Batch = std::vector<std::unique_ptr<Pending>>;

  std::optional<Error> refuse_entry(std::size_t more) const;
  void enqueue(Batch& batch);
  void withdraw(const Waiter& waiter);
  // REQUIRES, of those down to take(): the mutex is held.
  bool start_worker();
  bool is_held(std::size_t key) const;
  bool is_held(const Pending& pending) const;
  bool call_worker();
  bool worth_a_lane(std::size_t commands) const;
  bool belongs(const Pending& pending, std::size_t lane) const;
  Batch take(std::optional<std::size_t> lane);
  Batch take_own_or_any(std::size_t lane);
  void decide(const Batch& batch, Batch& before);
  void carry_out(const Batch& batch, Batch& before, std::unique_lock<std::mutex>& lock);
  void run_alone(Batch batch, std::unique_lock<std::mutex>& lock);
  void tell(Batch& batch) noexcept;
  void work(std::size_t lane);

  Attempts& attempts_;
  const std::size_t lanes_;
  const std::size_t queue_max_;
  const std::function<void()> told_;

  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<Pending>> queue_;
  std::vector<std::size_t> held_keys_;  ///< of the commands that run, each once
  std::size_t running_ = 0;             ///< lanes that work
  std::size_t in_flight_ = 0;           ///< commands that they carry
  std::size_t sweeps_ = 0;              ///< lanes that carry a sweep
  std::size_t sleeping_ = 0;            ///< workers that wait for a call
  std::size_t calls_ = 0;               ///< made and not yet followed
  bool closed_ = false;
  std::condition_variable worker_wake_;
  std::condition_variable idle_;
  std::vector<std::thread> workers_;
};

}  // namespace holdfast::engine
