#include "witnesses/stream.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

namespace holdfast::test::witnesses {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kResources = 3;

}  // namespace

void Stream::begin_chapter() {
  opened_ = 0;
  resources_.clear();
  holds_.clear();
  bookings_.clear();
  blackouts_.clear();
  said_.clear();
  // The first day is yesterday, so that some requests come too late.
  const auto today = std::chrono::floor<std::chrono::days>(now_).time_since_epoch();
  first_ = Date(today) - std::chrono::days(1);
}

void Stream::heard(const Answer& answer) {
  const auto add = [](std::vector<std::string>& names, const auto& rows) {
    for (const auto& row : rows) {
      if (std::find(names.begin(), names.end(), row.name) == names.end()) {
        names.push_back(row.name);
      }
    }
  };
  add(holds_, answer.holds);
  add(bookings_, answer.bookings);
  add(blackouts_, answer.blackouts);
}

std::vector<Date> Stream::some_days(int most) {
  std::set<Date> days;
  for (int i = between(1, most); i > 0; --i) {
    days.insert(first_ + std::chrono::days(chance(0.9) ? between(1, 5) : between(0, 6)));
  }
  std::vector<Date> out(days.begin(), days.end());
  if (chance(0.3)) std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Date> Stream::some_range() {
  const int first = between(0, 5);
  return {first_ + std::chrono::days(first), first_ + std::chrono::days(between(first, 6))};
}

std::string Stream::some_resource() {
  if (chance(0.01)) return "nobody's-resource";
  return resources_[random_.below(resources_.size())];
}

// Mostly a recent one.
std::string Stream::some_row(const std::vector<std::string>& rows, const char* nobody) {
  if (rows.empty() || chance(0.02)) return nobody;
  const std::size_t recent = chance(0.8) ? std::min<std::size_t>(rows.size(), 6) : rows.size();
  return rows[rows.size() - 1 - random_.below(recent)];
}

std::vector<std::string> Stream::some_holds() {
  std::vector<std::string> out;
  for (int i = chance(0.75) ? 1 : between(2, 3); i > 0; --i) {
    const std::string hold = some_row(holds_, "nobody's-hold");
    if (std::find(out.begin(), out.end(), hold) == out.end()) out.push_back(hold);
  }
  return out;
}

// Few enough that requests come upon each other's.
std::string Stream::some_token(double given) {
  if (!chance(given)) return {};
  return "t" + std::to_string(opened_) + "." + std::to_string(number_ / 400) + "." +
         std::to_string(between(1, 300));
}

void Stream::of_resources(Step& step, int roll) {
  step.items = {{some_resource(), some_range(), 1}};
  step.token = some_token(0.7);
  if (roll < 8) {
    step.operation = Operation::kAdjust;
    step.items[0].days = some_days(3);
    step.number_wanted = chance(0.5) ? 1 : -1;
  } else if (roll < 11) {
    step.operation = Operation::kInitialize;
    step.number_wanted = between(0, 3);
    step.flag = chance(0.5);
  } else if (roll < 16) {
    step.operation = Operation::kCreateBlackout;
    step.flag = chance(0.6);
  } else if (roll < 21) {
    step.operation = Operation::kDeleteBlackout;
    step.items.clear();
    step.token.clear();
    step.row = some_row(blackouts_, "nobody's-blackout");
  } else if (roll < 23) {
    step.operation = Operation::kUpdateResource;
    step.items[0].days.clear();
    step.flag = chance(0.8);
  } else {
    const bool deletes = chance(0.3);
    step.operation = deletes ? Operation::kDeleteResource : Operation::kRestoreResource;
    step.items[0].days.clear();
    step.token.clear();
  }
}

void Stream::of_holds(Step& step, int roll) {
  const char* const holders[] = {"", "", "", "a-cart", "another-cart"};
  step.holder = holders[random_.below(5)];
  if (roll < 30) {
    const bool group = chance(0.25);
    step.operation = group ? Operation::kCreateHolds : Operation::kCreateHold;
    for (int i = group ? between(1, 3) : 1; i > 0; --i) {
      step.items.push_back({some_resource(), some_days(3), chance(0.8) ? 1 : 2});
    }
    step.token = some_token(0.8);
    if (chance(0.6)) step.ttl_s = between(1, 3600);
    return;
  }
  step.as_host = chance(0.7);
  step.holds = some_holds();
  if (roll < 36) {
    step.operation = Operation::kExtend;
    step.token = some_token(0.6);
    if (chance(0.7)) step.ttl_s = chance(0.9) ? between(1, 7200) : 86400;
  } else if (roll < 42) {
    step.operation = Operation::kRelease;
  } else {
    step.operation = Operation::kMoveHold;
    step.holds.resize(1);
    step.items = {{"", some_days(3), chance(0.5) ? 0 : between(1, 2)}};
    step.token = some_token(0.6);
  }
}

void Stream::of_bookings(Step& step, int roll) {
  if (roll < 14) {
    step.operation = Operation::kConfirm;
    step.holds = some_holds();
    step.as_host = chance(0.8);
    step.order = "o" + std::to_string(number_ / 400) + "." + std::to_string(between(1, 40));
    step.line = chance(0.5) ? "l1" : "";
    step.flag = chance(0.5);
  } else if (roll < 18) {
    step.operation = Operation::kCancel;
    step.row = some_row(bookings_, "nobody's-booking");
  } else if (roll < 20) {
    step.operation = Operation::kCancelOrder;
    step.order = "o" + std::to_string(number_ / 400) + "." + std::to_string(between(1, 40));
    if (chance(0.3)) step.line = "l1";
  } else {
    step.operation = Operation::kMoveAllocation;
    step.row = some_row(bookings_, "nobody's-booking");
    step.items = {{"", some_days(3), chance(0.5) ? 0 : between(1, 2)}};
    step.token = some_token(0.6);
  }
}

Step Stream::next() {
  Step step;
  step.number = ++number_;
  // Never twice the same instant: what is made at one has an order that all witnesses share.
  now_ += std::chrono::microseconds(between(1, 999));
  if (std::exchange(prunes_next_, false)) {
    step.now = now_;
    step.operation = Operation::kPrune;
    step.number_wanted = between(24, 48);
    return step;
  }
  if (opened_ >= 2 * kResources && chance(0.25)) {
    const auto far = chance(0.03) ? 30h : 40min;
    now_ += std::chrono::seconds(between(1, static_cast<int>(far / 1s))) * (chance(0.3) ? -1 : 1);
  }
  step.now = now_;
  if (opened_ < 2 * kResources) {
    char name[16];
    std::snprintf(name, sizeof name, "r%06d", step.number - static_cast<int>(opened_ % 2));
    const bool opens = opened_++ % 2 == 0;
    if (opens) resources_.push_back(name);
    step.items = {{name, {}, 1}};
    step.token = "opening-" + std::to_string(step.number);
    step.operation = opens ? Operation::kCreateResource : Operation::kInitialize;
    if (opens) step.timezone = resources_.size() == 2 ? "Pacific/Kiritimati" : "UTC";
    if (!opens) step.items[0].days = {first_, first_ + std::chrono::days(5)};
    if (!opens) step.number_wanted = between(1, 3);
    return step;
  }
  if (!said_.empty() && chance(0.12)) {
    Step again = said_[random_.below(said_.size())];
    again.number = step.number;
    again.now = step.now;
    return again;
  }
  const int roll = between(0, 99);
  if (roll < 24) {
    of_resources(step, roll);
  } else if (roll < 72) {
    of_holds(step, roll - 24);
  } else if (roll < 96) {
    of_bookings(step, roll - 72);
  } else {
    // How much of what is due a prune records on its way is nobody's promise, so it finds nothing.
    step.operation = Operation::kCleanup;
    prunes_next_ = roll == 99;
  }
  said_.push_back(step);
  return step;
}

}  // namespace holdfast::test::witnesses
