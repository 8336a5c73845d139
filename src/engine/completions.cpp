#include "engine/completions.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::engine {

Completions::Place Completions::reserve(std::uint64_t tag) {
  Place place;
  place.push_back({tag, Error{}});
  return place;
}

void Completions::push(Place&& place, Reply<Value> reply) {
  place.front().reply = std::move(reply);
  const std::lock_guard lock(mutex_);
  ready_.splice(ready_.end(), place);
}

void Completions::ring() {
  {
    const std::lock_guard lock(mutex_);
    if (signalled_ || ready_.empty()) return;
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
  std::vector<Completion> out;
  out.reserve(std::min(max, ready_.size()));
  for (; out.size() < max && !ready_.empty(); ready_.pop_front()) {
    out.push_back(std::move(ready_.front()));
  }
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
