#include "engine/lanes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory_resource>
#include <new>
#include <unordered_set>
#include <utility>

namespace holdfast::engine {
namespace {

// A batch is full at the first of these. Measured with 100 callers; keys also because the lock
// table of a PostgreSQL server is shared by all its clients.
constexpr std::size_t kCommandsPerBatch = 256;
constexpr std::size_t kWeightPerBatch = 16384;

// One more lane opens for this part of what is in flight. Two small batches cost two commits, but
// with one lane only, the database waits while we think and we wait while it writes.
constexpr std::size_t kLaneOpensFor = 16;

// Measured with 100 threads on 200 resources: 16 in a row gained nothing over waking all from one.
constexpr std::size_t kWokenInARow = 32;

// Days and ids are what a command's statements grow with. What a sweep records is bounded for the
// batch, see core::plan.
std::size_t weight_of(const core::Command& command) {
  std::size_t weight = 1 + command.ids.size();
  if (const auto* r = std::get_if<CreateHolds>(&command.action)) {
    for (const auto& item : r->items) weight += item.dates.size();
  } else if (const auto* init = std::get_if<InitializeCapacity>(&command.action)) {
    weight += static_cast<std::size_t>(DateRange{init->start_date, init->end_date}.size());
  } else if (std::holds_alternative<core::PruneKey>(command.action)) {
    weight += kPruneBatch;
  }
  return weight;
}

Error no_thread() {
  return {.status = Status::kBusy, .retry = Retry::kSafe, .message = "no thread to be had"};
}

// Texts short enough to need no memory.
Error closed_error() {
  return {.status = Status::kClosed, .retry = Retry::kNever, .message = "engine closed"};
}

Error no_memory(Retry retry) {
  return {.status = Status::kNoMemory, .retry = retry, .message = "out of memory"};
}

}  // namespace

Lanes::Pending::Pending(core::Command of)
    : command(std::move(of)),
      weight(weight_of(command)),
      is_sweep(std::holds_alternative<core::ExpireDue>(command.action)) {
  keys.reserve(command.keys.size());
  for (const std::string& key : command.keys) keys.push_back(std::hash<std::string>()(key));
}

Lanes::Lanes(Attempts& attempts, std::int32_t lanes, std::int32_t queue_max,
             std::function<void()> told)
    : attempts_(attempts),
      lanes_(static_cast<std::size_t>(lanes)),
      queue_max_(static_cast<std::size_t>(queue_max)),
      told_(std::move(told)) {}

Lanes::~Lanes() { close(); }

std::int64_t Lanes::depth() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(queue_.size());
}

std::optional<Error> Lanes::refuse_entry(std::size_t more) const {
  if (closed_) return closed_error();
  // What one request needs is let into an empty queue whole, or it could never be carried out.
  if (!queue_.empty() && queue_.size() + more > queue_max_) {
    return Error{.status = Status::kBusy, .retry = Retry::kSafe, .message = "the queue is full"};
  }
  return std::nullopt;
}

// All or none: what is in the queue points to the caller's stack.
void Lanes::enqueue(Batch& batch) {
  const std::size_t before = queue_.size();
  try {
    for (auto& pending : batch) queue_.push_back(std::move(pending));
  } catch (...) {
    queue_.resize(before);
    throw;
  }
}

void Lanes::withdraw(const Waiter& waiter) {
  std::erase_if(queue_, [&](const std::unique_ptr<Pending>& pending) {
    if (pending->waiter != &waiter) return false;
    if (pending->answer(no_memory(Retry::kSafe))) pending->waiter->wake();
    return true;
  });
}

// A process may be out of threads for a moment. As long as there is one worker, all goes on.
bool Lanes::start_worker() {
  try {
    if (workers_.size() < lanes_)
      workers_.emplace_back([this, lane = workers_.size()] { work(lane); });
  } catch (const std::exception&) {
    return !workers_.empty();
  }
  return true;
}

bool Lanes::worth_a_lane(std::size_t commands) const {
  if (running_ >= lanes_ || commands == 0) return false;
  return running_ == 0 || commands * kLaneOpensFor >= in_flight_;
}

// Few enough to look through: at most kKeysPerTransaction of each lane.
bool Lanes::is_held(std::size_t key) const {
  return std::find(held_keys_.begin(), held_keys_.end(), key) != held_keys_.end();
}

bool Lanes::is_held(const Pending& pending) const {
  return std::any_of(pending.keys.begin(), pending.keys.end(),
                     [this](std::size_t key) { return is_held(key); });
}

// Whether one that sleeps is to be woken now, without the mutex: else it would run into it.
bool Lanes::call_worker() {
  if (!worth_a_lane(queue_.size())) return false;
  if (calls_ < sleeping_) {
    ++calls_;
    return true;
  }
  if (sleeping_ == 0) start_worker();
  return false;
}

std::vector<Result<core::Verdict>> Lanes::execute(std::vector<core::Command> commands) {
  std::vector<Result<core::Verdict>> results(commands.size(), closed_error());
  Waiter waiter(commands.size());
  Batch mine;
  mine.reserve(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    mine.push_back(std::make_unique<Pending>(std::move(commands[i])));
    mine.back()->waiter = &waiter;
    mine.back()->result = &results[i];
  }
  if (mine.empty()) return results;

  std::unique_lock lock(mutex_);
  auto refusal = refuse_entry(mine.size());
  bool alone = running_ == 0 && queue_.empty();
  if (!refusal && !alone && !start_worker()) refusal = no_thread();
  if (refusal) {
    std::fill(results.begin(), results.end(), Result<core::Verdict>(*refusal));
    return results;
  }
  enqueue(mine);
  while (alone) {
    try {
      run_alone(take(std::nullopt), lock);
    } catch (const std::bad_alloc&) {
      withdraw(waiter);
    }
    if (call_worker()) worker_wake_.notify_one();
    alone = running_ == 0 && !queue_.empty() && workers_.empty();
  }
  lock.unlock();
  waiter.wait();
  return results;
}

Result<void> Lanes::submit(core::Command command, Done done) {
  auto one = std::make_unique<Pending>(std::move(command));
  one->done = std::move(done);
  std::unique_lock lock(mutex_);
  if (auto refusal = refuse_entry(1)) return std::move(*refusal);
  if (!start_worker()) return no_thread();
  // Whoever holds the key calls for a worker when it is free.
  const bool waits = is_held(*one);
  queue_.push_back(std::move(one));
  const bool call = !waits && call_worker();
  lock.unlock();
  if (call) worker_wake_.notify_one();
  return {};
}

// Every lane has keys of its own, which it takes first: otherwise a good part of the commands would
// come upon a key that another lane holds just then, and wait for a second batch, and a third. The
// sweep has a lane of its own, so that bookings find the others free, also those of the keys of the
// lane that has the sweep.
bool Lanes::belongs(const Pending& pending, std::size_t lane) const {
  if (pending.is_sweep) return lane == 0;
  if (sweeps_ > 0) return true;
  return pending.keys.empty() || pending.keys.front() % lanes_ == lane;
}

Lanes::Batch Lanes::take_own_or_any(std::size_t lane) {
  if (lanes_ == 1) return take(std::nullopt);
  Batch own = take(lane);
  return own.empty() ? take(std::nullopt) : std::move(own);
}

// The oldest commands (of that lane) that can run now, or nothing.
Lanes::Batch Lanes::take(std::optional<std::size_t> lane) {
  if (running_ >= lanes_ || queue_.empty()) return {};
  std::array<std::byte, 8192> room;  // enough for most, so that the queue is not held up by malloc
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  std::pmr::unordered_set<std::size_t> keys(&memory);    // of what is picked
  std::pmr::unordered_set<std::size_t> passed(&memory);  // keys of older commands that must wait
  std::vector<std::size_t> picked;
  std::size_t weight = 0;
  bool full = false;
  for (std::size_t i = 0; i < queue_.size() && !full; ++i) {
    const Pending& pending = *queue_[i];
    const auto& wanted = pending.keys;
    const auto waits = [&](std::size_t key) { return is_held(key) || passed.count(key) != 0; };
    // What the sweep writes would make the bookings of the same batch wait.
    const bool is_other_kind =
        !picked.empty() && queue_[picked.front()]->is_sweep != pending.is_sweep;
    if (is_other_kind || (lane && !belongs(pending, *lane)) ||
        std::any_of(wanted.begin(), wanted.end(), waits)) {
      passed.insert(wanted.begin(), wanted.end());
      continue;
    }
    const auto fresh = static_cast<std::size_t>(std::count_if(
        wanted.begin(), wanted.end(), [&](std::size_t key) { return keys.count(key) == 0; }));
    const bool fits = keys.size() + fresh <= kKeysPerTransaction &&
                      (picked.empty() || weight + pending.weight <= kWeightPerBatch);
    if (!fits) {
      full = true;
      break;
    }
    keys.insert(wanted.begin(), wanted.end());
    weight += pending.weight;
    picked.push_back(i);
    full = picked.size() >= kCommandsPerBatch || keys.size() >= kKeysPerTransaction;
  }
  if (!full && !worth_a_lane(picked.size())) return {};

  // From here on nothing needs memory.
  Batch batch;
  batch.reserve(picked.size());
  held_keys_.reserve(held_keys_.size() + keys.size());
  held_keys_.insert(held_keys_.end(), keys.begin(), keys.end());
  for (const std::size_t i : picked) batch.push_back(std::move(queue_[i]));
  std::erase(queue_, nullptr);
  return batch;
}

// Whether a transaction was committed before an exception is not known here.
void Lanes::decide(const Batch& batch, Batch& before) {
  try {
    std::vector<const core::Command*> commands;
    commands.reserve(batch.size());
    for (const auto& pending : batch) commands.push_back(&pending->command);
    const auto keep = [&batch](std::size_t i, Result<core::Verdict> verdict) {
      batch[i]->reply = std::move(verdict);
    };
    attempts_.run(commands, {.deliver = keep, .meanwhile = [&] { tell(before); }});
  } catch (const std::exception&) {
    for (const auto& pending : batch) {
      if (!pending->reply) pending->reply = no_memory(Retry::kSameToken);
    }
  }
}

bool Lanes::Pending::answer(Result<core::Verdict> with) {
  if (waiter == nullptr) {
    done(std::move(with));
    return false;
  }
  *result = std::move(with);
  return waiter->answered();
}

// To wake a thread takes longer than to decide for it, and there may be a hundred. So each that is
// woken wakes the next one; in more than one row, for the sake of those behind a slow thread.
void Lanes::tell(Batch& batch) noexcept {
  if (batch.empty()) return;
  std::erase_if(batch,
                [](const auto& pending) { return !pending->answer(std::move(*pending->reply)); });
  for (std::size_t i = 1; i < batch.size(); ++i) {
    if (i % kWokenInARow != 0) batch[i - 1]->waiter->wakes(batch[i]->waiter);
  }
  for (std::size_t i = 0; i < batch.size(); i += kWokenInARow) batch[i]->waiter->wake();
  batch.clear();
  told_();
}

// `before` was carried out before this batch. It is answered while the database reads for this one:
// where callers wait for one day, the database would else wait for the answers.
void Lanes::carry_out(const Batch& batch, Batch& before, std::unique_lock<std::mutex>& lock) {
  const bool is_sweep = batch.front()->is_sweep;
  ++running_;
  in_flight_ += batch.size();
  if (is_sweep) ++sweeps_;
  const bool call = call_worker();
  lock.unlock();
  if (call) worker_wake_.notify_one();
  decide(batch, before);
  tell(before);
  lock.lock();
  for (const auto& pending : batch) {
    for (const std::size_t key : pending->keys) std::erase(held_keys_, key);
  }
  in_flight_ -= batch.size();
  --running_;
  if (is_sweep) --sweeps_;
}

void Lanes::run_alone(Batch batch, std::unique_lock<std::mutex>& lock) {
  if (batch.empty()) return;
  Batch none;
  carry_out(batch, none, lock);
  const bool call = call_worker();
  ++running_;  // close() waits until all is told
  lock.unlock();
  if (call) worker_wake_.notify_one();
  tell(batch);
  lock.lock();
  if (--running_ == 0) idle_.notify_all();
}

void Lanes::work(std::size_t lane) {
  Batch before;
  std::unique_lock lock(mutex_);
  while (!closed_) {
    Batch batch;
    bool is_out_of_memory = false;
    try {
      batch = take_own_or_any(lane);
    } catch (const std::bad_alloc&) {
      is_out_of_memory = true;
    }
    if (!batch.empty()) {
      carry_out(batch, before, lock);
      before = std::move(batch);
    } else if (!before.empty()) {
      lock.unlock();
      tell(before);
      lock.lock();
    } else if (is_out_of_memory) {
      worker_wake_.wait_for(lock, std::chrono::milliseconds(10));
    } else {
      ++sleeping_;
      worker_wake_.wait(lock, [this] { return closed_ || calls_ > 0; });
      --sleeping_;
      if (calls_ > 0) --calls_;
    }
  }
  lock.unlock();
  tell(before);
}

Lanes::Waiter::Waiter(std::size_t missing) : missing_(missing) { sem_init(&told_, 0, 0); }

void Lanes::Waiter::wait() {
  while (sem_wait(&told_) != 0) {  // a signal came in between
  }
  if (next_ != nullptr) next_->wake();
}

// Asks for no memory: a destructor gets here.
void Lanes::close() {
  std::vector<std::thread> workers;
  std::unique_lock lock(mutex_);
  closed_ = true;
  workers.swap(workers_);
  worker_wake_.notify_all();
  while (!queue_.empty()) {
    const auto pending = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    if (pending->answer(closed_error())) pending->waiter->wake();
    lock.lock();
  }
  lock.unlock();
  told_();
  for (auto& worker : workers) worker.join();
  lock.lock();
  idle_.wait(lock, [this] { return running_ == 0; });
}

}  // namespace holdfast::engine
