// verify: what must be true of the rows, recomputed from the rows.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/availability.hpp"
#include "core/ids.hpp"

namespace holdfast::core {
namespace {

constexpr std::size_t kViolationsMax = 1000;

class Audit {
 public:
  Audit(const KeySnapshot& key, VerifyAnswer& answer) : key_(key), answer_(answer) {}

  void run() {
    if (!key_.resource) orphans();
    for (const auto& stored : key_.holds) hold(stored.hold);
    for (const auto& row : key_.allocations) allocation(row);
    bijection();
    conservation();
  }

 private:
  void violate(const char* rule, std::string detail) {
    if (answer_.violations.size() >= kViolationsMax) return;
    answer_.violations.push_back({key_.key, rule, std::move(detail)});
  }

  void orphans() {
    const bool slot = !is_resource_id(key_.key);
    const bool rows = !key_.capacity.empty() || !key_.holds.empty() || !key_.allocations.empty() ||
                      !key_.blackouts.empty();
    if (!slot || rows) violate("ORPHAN", "rows without a resource");
  }

  void shape(const std::string& id, const std::vector<Date>& dates, std::int32_t quantity,
             std::string_view prefix) {
    if (resource_of(id, prefix) != key_.key) violate("SHAPE", id + " names another resource");
    const bool ascending = std::adjacent_find(dates.begin(), dates.end(),
                                              [](Date a, Date b) { return a >= b; }) == dates.end();
    if (dates.empty() || !ascending) violate("SHAPE", id + " has no days, or not in order");
    if (quantity < bounds::kQuantityMin) violate("SHAPE", id + " has no quantity");
  }

  void take(const std::vector<Date>& dates, std::int32_t quantity) {
    for (const Date date : dates) taken_[date] += quantity;
  }

  void hold(const Hold& row) {
    if (row.status != HoldStatus::kActive && row.status != HoldStatus::kConfirmed) return;
    ++answer_.holds;
    shape(row.id, row.dates, row.quantity, kHoldPrefix);
    if (row.status == HoldStatus::kActive) take(row.dates, row.quantity);
    if (row.status == HoldStatus::kConfirmed) confirmed_holds_.insert(row.id);
  }

  void allocation(const Allocation& row) {
    if (!allocated_holds_.insert(row.hold_id).second) {
      violate("BIJECTION", row.hold_id + " has more than one allocation");
    }
    if (row.status != AllocationStatus::kConfirmed) return;
    ++answer_.allocations;
    shape(row.id, row.dates, row.quantity, kAllocationPrefix);
    take(row.dates, row.quantity);
    if (confirmed_holds_.count(row.hold_id) == 0) {
      violate("BIJECTION", row.id + " stands for a hold that is not CONFIRMED");
    }
  }

  // A CONFIRMED hold has its allocation, be it CANCELLED since.
  void bijection() {
    for (const auto& id : confirmed_holds_) {
      if (allocated_holds_.count(id) == 0) violate("BIJECTION", id + " has no allocation");
    }
  }

  void conservation() {
    for (const auto& row : key_.capacity) {
      ++answer_.days;
      const auto at = taken_.find(row.date);
      const std::int64_t taken = at == taken_.end() ? 0 : at->second;
      if (row.available_capacity < 0 || row.available_capacity > row.max_capacity) {
        violate("RANGE", to_string(row.date) + " has " + std::to_string(row.available_capacity) +
                             " of " + std::to_string(row.max_capacity));
      }
      if (row.max_capacity != row.available_capacity + taken) {
        violate("CONSERVATION", to_string(row.date) + ": max " + std::to_string(row.max_capacity) +
                                    ", available " + std::to_string(row.available_capacity) +
                                    ", held and booked " + std::to_string(taken));
      }
      if (at != taken_.end()) taken_.erase(at);
    }
    for (const auto& [date, quantity] : taken_) {
      violate("CONSERVATION", to_string(date) + ": " + std::to_string(quantity) +
                                  " held and booked on a day without capacity");
    }
  }

  const KeySnapshot& key_;
  VerifyAnswer& answer_;
  std::map<Date, std::int64_t> taken_;
  std::set<std::string> confirmed_holds_;
  std::set<std::string> allocated_holds_;
};

}  // namespace

void audit(const KeySnapshot& key, VerifyAnswer& answer) {
  if (key.resource) ++answer.resources;
  Audit(key, answer).run();
}

}  // namespace holdfast::core
