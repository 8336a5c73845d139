// What a C++ host does: opens each address it is given, books a place there and says how it went.
#include <cstdio>
#include <string>

#include "holdfast/engine.hpp"
#include "holdfast/version.hpp"

namespace {

using holdfast::Date;

/// The status of the first call that fails, else the outcome of the booking.
const char* book(const std::string& uri) {
  auto opened = holdfast::Engine::open(uri, {.retry_timeout = std::chrono::milliseconds(100)});
  if (!opened.ok()) return name(opened.error().status);
  holdfast::Engine& engine = **opened;
  const auto migrated = engine.migrate();
  if (!migrated.ok()) return name(migrated.error().status);
  const auto tour = engine.create_resource({.type = "TOUR", .name = "Island day tour"});
  if (!tour.ok()) return name(tour.error().status);
  const std::string id = tour.value()->resource.id;
  const Date day = *holdfast::parse_date("2099-07-01");
  const auto filled = engine.initialize_capacity(
      {.resource_id = id, .start_date = day, .end_date = day, .daily_capacity = 16});
  if (!filled.ok()) return name(filled.error().status);
  const auto hold = engine.create_hold({.resource_id = id, .dates = {day}});
  return hold.ok() ? name(hold->outcome()) : name(hold.error().status);
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("%s\n", HOLDFAST_VERSION);
  for (int i = 1; i < argc; ++i) std::printf("%s %s\n", argv[i], book(argv[i]));
}
