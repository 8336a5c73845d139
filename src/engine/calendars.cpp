#include "engine/calendars.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/guarded.hpp"
#include "holdfast/operations.hpp"

namespace holdfast::engine {
namespace {

// A read is full at the first of these: it takes as long as the largest search of a month, and who
// asks for a day should not wait for more.
constexpr std::size_t kKeysPerRead = bounds::kResourcesPerSearch;
constexpr std::size_t kDaysPerRead = kKeysPerRead * 31;

bool less(const KeyScope& part, const std::string& key) { return part.key < key; }

KeyScope part_of(const std::string& key, DateRange range) {
  KeyScope part;
  part.key = key;
  part.brief = true;
  part.range = range;
  return part;
}

}  // namespace

struct Calendars::Group {
  Group(const std::vector<std::string>& keys, DateRange range) : days(keys.size() * size(range)) {
    scope.keys.reserve(keys.size());
    for (const std::string& key : keys) scope.keys.push_back(part_of(key, range));
  }

  void add(Done asked) {
    if (asked) {
      done.push_back(std::move(asked));
    } else {
      ++blocked;
    }
  }
  /// False, and nothing is changed, when it is full or has another range of one of the keys.
  bool take(const std::vector<std::string>& keys, DateRange range) {
    std::vector<KeyScope> more;
    for (auto at = scope.keys.begin(); const std::string& key : keys) {
      if (at != scope.keys.end() && at->key < key) {
        at = std::lower_bound(std::next(at), scope.keys.end(), key, less);
      }
      if (at == scope.keys.end() || at->key != key) {
        more.push_back(part_of(key, range));
      } else if (at->range != range) {
        return false;
      }
    }
    if (more.empty()) return true;
    const std::size_t days_then = days + more.size() * size(range);
    if (scope.keys.size() + more.size() > kKeysPerRead || days_then > kDaysPerRead) return false;
    merge(more);
    days = days_then;
    return true;
  }

  /// One of those that block is to read it.
  void call() {
    stage.store(Stage::kCalled);
    stage.notify_one();
  }
  /// For each that blocks. True for the one that is to read it, false when it is answered.
  bool wait() {
    for (Stage seen = stage.load(); seen != Stage::kAnswered; seen = stage.load()) {
      if (seen != Stage::kCalled) {
        stage.wait(seen);
      } else if (stage.compare_exchange_strong(seen, Stage::kReads)) {
        return true;
      }
    }
    return false;
  }
  void answer(Result<Shared> with) {
    result.emplace(std::move(with));
    stage.store(Stage::kAnswered);
    stage.notify_all();
    for (const Done& tell : done) tell(*result);
  }

  Scope scope{};
  std::size_t days;
  std::size_t blocked = 0;   ///< those who wait on threads of their own
  std::vector<Done> done{};  ///< for those who do not
  std::optional<Result<Shared>> result{};

 private:
  enum class Stage : std::uint8_t { kWaits, kCalled, kReads, kAnswered };
  std::atomic<Stage> stage{Stage::kWaits};

  static std::size_t size(DateRange range) { return static_cast<std::size_t>(range.size()); }

  void merge(std::vector<KeyScope>& more) {
    std::vector<KeyScope> all;
    all.reserve(scope.keys.size() + more.size());
    std::merge(std::move_iterator(scope.keys.begin()), std::move_iterator(scope.keys.end()),
               std::move_iterator(more.begin()), std::move_iterator(more.end()),
               std::back_inserter(all),
               [](const KeyScope& a, const KeyScope& b) { return a.key < b.key; });
    scope.keys = std::move(all);
  }
};

Calendars::Calendars(std::size_t reads_at_once, std::int32_t queue_max, Read read, HandOn hand_on)
    : at_once_(reads_at_once),
      queue_max_(static_cast<std::size_t>(queue_max)),
      read_(std::move(read)),
      hand_on_(std::move(hand_on)) {}

Result<Calendars::Shared> Calendars::look(const std::vector<std::string>& keys, DateRange range) {
  const auto joined = join(keys, range, {});
  if (!joined.ok()) return joined.error();
  if (joined->leads || joined->group->wait()) lead(joined->group);
  return *joined->group->result;
}

Result<void> Calendars::ask(const std::vector<std::string>& keys, DateRange range, Done done) {
  auto joined = join(keys, range, std::move(done));
  if (!joined.ok()) return std::move(joined.error());
  if (!joined->leads) return {};
  auto handed = hand_on(std::move(joined->group));
  if (!handed.ok()) lead(next());
  return handed;
}

Result<Calendars::Joined> Calendars::join(const std::vector<std::string>& keys, DateRange range,
                                          Done done) {
  const bool is_queued = done != nullptr;
  const auto is_full = [&] { return is_queued && queued_ >= queue_max_; };
  const Error full{.status = Status::kBusy, .retry = Retry::kSafe, .message = "queue is full"};
  {
    const std::lock_guard lock(mutex_);
    if (is_full()) return full;
    if (!waiting_.empty() && waiting_.back()->take(keys, range)) {
      waiting_.back()->add(std::move(done));
      if (is_queued) ++queued_;
      return Joined{waiting_.back()};
    }
  }
  auto group = std::make_shared<Group>(keys, range);
  group->add(std::move(done));
  const std::lock_guard lock(mutex_);
  if (running_ < at_once_) {
    ++running_;
    return Joined{std::move(group), true};
  }
  if (is_full()) return full;
  waiting_.push_back(group);
  if (is_queued) ++queued_;
  return Joined{std::move(group)};
}

void Calendars::lead(std::shared_ptr<Group> group) {
  for (; group; group = next()) {
    group->answer(guarded([&]() -> Result<Shared> {
      auto found = read_(group->scope);
      if (!found.ok()) return std::move(found.error());
      return std::make_shared<const Snapshot>(std::move(*found));
    }));
  }
}

Result<void> Calendars::hand_on(std::shared_ptr<Group> group) {
  return guarded([&] { return hand_on_([this, group](bool) { lead(group); }); });
}

// Gives the place of a read to the next group. It is returned when this thread has to go on with
// it: nobody in it blocks, and there is no other thread to be had.
std::shared_ptr<Calendars::Group> Calendars::next() {
  std::shared_ptr<Group> group;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      if (--running_ == 0) idle_.notify_all();
      return nullptr;
    }
    group = std::move(waiting_.front());
    waiting_.pop_front();
    queued_ -= group->done.size();
  }
  if (group->blocked > 0) {
    group->call();
    return nullptr;
  }
  return hand_on(group).ok() ? nullptr : group;
}

std::size_t Calendars::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = queued_;
  for (const auto& group : waiting_) count += group->blocked;
  return count;
}

void Calendars::finish() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return running_ == 0; });
}

}  // namespace holdfast::engine
