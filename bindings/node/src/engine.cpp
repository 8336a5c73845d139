#include "engine.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace holdfast::node {
namespace {

// A program that never lets its loop turn must not fill its memory with log lines.
constexpr std::size_t kLogLinesMax = 1000;

std::string copy(holdfast_str text) {
  return text.size == 0 ? std::string() : std::string(text.data, text.size);
}

}  // namespace

Engine::Engine(std::uint32_t id, std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Clock> clock)
    : id_(id), mailbox_(std::move(mailbox)), clock_(std::move(clock)) {}

Engine::~Engine() {
  for (const holdfast_completion& completion : late_) holdfast_result_free(completion.result);
  // Only the thread itself can be the last owner of an engine whose thread was not waited for.
  if (thread_.joinable()) thread_.detach();
}

void Engine::on_wakeup(void* self) { static_cast<Engine*>(self)->mailbox_->wake(); }

void Engine::on_log(void* self, holdfast_log_level level, holdfast_str line) {
  auto* const engine = static_cast<Engine*>(self);
  {
    const std::lock_guard lock(engine->log_mutex_);
    if (engine->log_.size() >= kLogLinesMax) {
      ++engine->log_dropped_;
      return;
    }
    engine->log_.push_back({level, copy(line)});
  }
  engine->mailbox_->wake();
}

holdfast_instant Engine::on_clock(void* clock) { return static_cast<Clock*>(clock)->load(); }

std::deque<LogLine> Engine::take_log() {
  std::deque<LogLine> out;
  const std::lock_guard lock(log_mutex_);
  out.swap(log_);
  if (log_dropped_ > 0) {
    out.push_back({HOLDFAST_LOG_WARNING, std::to_string(log_dropped_) + " log lines were dropped"});
    log_dropped_ = 0;
  }
  return out;
}

Engine::Phase Engine::phase() const {
  const std::lock_guard lock(mutex_);
  return phase_;
}

void Engine::enter(Phase phase) {
  {
    const std::lock_guard lock(mutex_);
    phase_ = phase;
  }
  changed_.notify_all();
  mailbox_->wake();
}

// ---- opening and closing ------------------------------------------------------------------------

bool Engine::start_open(const holdfast_options& options, bool wants_log) {
  OpenRequest request{options, copy(options.uri), copy(options.timezone)};
  if (wants_log) {
    request.options.log = on_log;
    request.options.log_user_data = this;
  }
  if (clock_ != nullptr) {
    request.options.clock = on_clock;
    request.options.clock_user_data = clock_.get();
  }
  try {
    thread_ = std::thread([self = shared_from_this(), request = std::move(request)]() mutable {
      self->open(std::move(request));
    });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void Engine::open(OpenRequest request) {
  request.options.uri = {request.uri.data(), request.uri.size()};
  request.options.timezone = {request.timezone.data(), request.timezone.size()};
  error_.struct_size = sizeof error_;
  holdfast_engine handle = 0;
  holdfast_status status = holdfast_open(&request.options, &handle, &error_);
  if (status == HOLDFAST_STATUS_OK) {
    handle_.store(handle);
    status = holdfast_set_wakeup(handle, on_wakeup, this, &error_);
    if (status != HOLDFAST_STATUS_OK) holdfast_close(handle, nullptr);
  }
  bool close_wanted = false;
  {
    const std::lock_guard lock(mutex_);
    phase_ = status == HOLDFAST_STATUS_OK ? Phase::kOpen : Phase::kFailed;
    close_wanted = close_wanted_ && phase_ == Phase::kOpen;
    if (close_wanted) phase_ = Phase::kClosing;
  }
  if (close_wanted) {
    close();
  } else {
    changed_.notify_all();
    mailbox_->wake();
  }
}

void Engine::start_close() {
  {
    const std::lock_guard lock(mutex_);
    close_wanted_ = true;
    if (phase_ != Phase::kOpen) return;
    phase_ = Phase::kClosing;
  }
  if (thread_.joinable()) thread_.join();  // it has opened, and ends
  try {
    thread_ = std::thread([self = shared_from_this()] { self->close(); });
  } catch (const std::system_error&) {
    close();
  }
}

// What stop leaves undone completes as CLOSED; it is drained here because a closed engine has
// nothing to drain, and kept for Node's thread to answer.
void Engine::close() {
  const holdfast_engine handle = handle_.load();
  if (holdfast_stop(handle, nullptr) == HOLDFAST_STATUS_OK) {
    std::array<holdfast_completion, 64> completions;
    std::size_t count = 0;
    do {
      if (holdfast_drain(handle, completions.data(), completions.size(), &count, nullptr) !=
          HOLDFAST_STATUS_OK) {
        break;
      }
      const std::lock_guard lock(mutex_);
      late_.insert(late_.end(), completions.begin(),
                   completions.begin() + static_cast<std::ptrdiff_t>(count));
    } while (count == completions.size());
  }
  holdfast_close(handle, nullptr);
  enter(Phase::kClosed);
}

void Engine::finish(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const bool ended = changed_.wait_until(
      lock, deadline, [&] { return phase_ == Phase::kFailed || phase_ == Phase::kClosed; });
  lock.unlock();
  if (!thread_.joinable()) return;
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

// ---- completions --------------------------------------------------------------------------------

std::size_t Engine::drain(holdfast_completion* completions, std::size_t max) {
  std::size_t count = 0;
  if (holdfast_drain(handle_.load(), completions, max, &count, nullptr) == HOLDFAST_STATUS_OK &&
      count > 0) {
    return count;
  }
  const std::lock_guard lock(mutex_);
  count = std::min(max, late_.size());
  std::copy_n(late_.begin(), count, completions);
  late_.erase(late_.begin(), late_.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

}  // namespace holdfast::node
