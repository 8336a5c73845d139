#include "engine/completions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::engine {

void Completions::push(Completion completion) {
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(completion));
    if (signalled_) return;
    signalled_ = true;
  }
  signal();
}

void Completions::signal() {
  const std::lock_guard lock(wakeup_mutex_);
  if (wakeup_) wakeup_();
}

std::vector<Completion> Completions::drain(std::size_t max) {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(max, ready_.size()));
  std::vector<Completion> out(std::make_move_iterator(ready_.begin()),
                              std::make_move_iterator(ready_.begin() + count));
  ready_.erase(ready_.begin(), ready_.begin() + count);
  if (ready_.empty()) signalled_ = false;
  return out;
}

void Completions::set_wakeup(std::function<void()> wakeup) {
  {
    const std::lock_guard lock(wakeup_mutex_);
    wakeup_ = std::move(wakeup);
  }
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    waiting = !ready_.empty();
  }
  if (waiting) signal();
}

}  // namespace holdfast::engine
