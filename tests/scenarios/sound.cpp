#include <map>
#include <string>

#include "shop.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

template <class Row>
std::map<Date, std::int64_t> places_by_day(const std::vector<Row>& rows) {
  std::map<Date, std::int64_t> out;
  for (const auto& row : rows) {
    for (const Date date : row.dates) out[date] += row.quantity;
  }
  return out;
}

std::string conservation(Engine& engine, const std::string& resource_id, DateRange window) {
  const auto report = accepted(engine.get_capacity_report(
      {.resource_id = resource_id, .start_date = window.start, .end_date = window.end}));
  auto held =
      places_by_day(all_holds(engine, {.resource_id = resource_id, .status = HoldStatus::kActive}));
  auto booked = places_by_day(all_allocations(
      engine, {.resource_id = resource_id, .status = AllocationStatus::kConfirmed}));
  std::string wrong;
  for (const auto& d : report.days) {
    const bool adds_up = d.max_capacity == d.available_capacity + held[d.date] + booked[d.date] &&
                         d.held == held[d.date] && d.booked == booked[d.date];
    if (adds_up && d.available_capacity >= 0) continue;
    wrong += resource_id + " " + to_string(d.date) + ": max " + std::to_string(d.max_capacity) +
             ", available " + std::to_string(d.available_capacity) + ", held " +
             std::to_string(held[d.date]) + ", booked " + std::to_string(booked[d.date]) + "\n";
  }
  return wrong;
}

}  // namespace

void require_sound(Engine& engine, DateRange window) {
  std::string wrong;
  const VerifyAnswer audit = accepted(engine.verify());
  for (const auto& v : audit.violations) {
    wrong += v.rule + " " + v.resource_id + " " + v.detail + "\n";
  }
  ListResources request{.include_deleted = true, .limit = bounds::kPageMax};
  do {
    const auto page = accepted(engine.list_resources(request));
    for (const auto& resource : page.items) wrong += conservation(engine, resource.id, window);
    request.after = page.next;
  } while (!request.after.empty());
  REQUIRE(wrong == "");
}

}  // namespace holdfast::test
