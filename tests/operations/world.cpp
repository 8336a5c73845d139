#include "operations/world.hpp"

#include <exception>

#include "engine/attempt.hpp"

namespace holdfast::test {

std::string describe(const Rejection& rejection) {
  return std::string("refused: ") + name(rejection.outcome) + " " + rejection.field + " " +
         rejection.message + " " + rejection.id;
}

World::World(const Database& database, EngineOptions options) {
  options.clock = clock_.function();
  engine_ = open_engine(database, std::move(options));
}

World::~World() {
  if (!sound_ || std::uncaught_exceptions() > 0) return;
  const auto reply = engine_->verify();
  CHECK(outcome(reply) == "ACCEPTED");
  if (!reply.ok() || !reply->accepted()) return;
  for (const auto& violation : reply->value().violations) {
    CHECK("sound tables" == violation.rule + " " + violation.resource_id + " " + violation.detail);
  }
}

std::string World::tour(std::int32_t capacity) {
  const auto made = accepted(engine_->create_resource({.type = "TOUR", .name = "Reef"}));
  const auto id = made.resource.id;
  accepted(engine_->initialize_capacity(
      {.resource_id = id, .start_date = day(0), .end_date = day(30), .daily_capacity = capacity}));
  return id;
}

std::string World::bare(CreateResource request) {
  return accepted(engine_->create_resource(std::move(request))).resource.id;
}

Hold World::hold(const std::string& resource_id, std::vector<Date> dates, std::int32_t quantity) {
  return accepted(
             engine_->create_hold(
                 {.resource_id = resource_id, .dates = std::move(dates), .quantity = quantity}))
      .hold;
}

void World::sell() {
  const auto id = tour(engine::Attempts::kCalmBeforeTrust);
  for (int i = 0; i < engine::Attempts::kCalmBeforeTrust; ++i) hold(id, {day(0)});
}

Hold World::short_hold(const std::string& resource_id, std::vector<Date> dates,
                       std::chrono::milliseconds ttl, std::int32_t quantity) {
  return accepted(engine_->create_hold({.resource_id = resource_id,
                                        .dates = std::move(dates),
                                        .quantity = quantity,
                                        .ttl = ttl}))
      .hold;
}

Allocation World::book(const std::string& resource_id, std::vector<Date> dates,
                       std::int32_t quantity, const std::string& order_id,
                       const std::string& line_item_id) {
  const Hold made = hold(resource_id, std::move(dates), quantity);
  return accepted(engine_->confirm_hold(
                      {.hold_id = made.id, .order_id = order_id, .line_item_id = line_item_id}))
      .allocation;
}

Blackout World::blackout(const std::string& resource_id, Date start, Date end,
                         OnConflict on_conflict) {
  return accepted(engine_->create_blackout({.resource_id = resource_id,
                                            .start_date = start,
                                            .end_date = end,
                                            .reason = "storm",
                                            .on_conflict = on_conflict}))
      .blackout;
}

Hold World::seen(const std::string& hold_id) {
  return accepted(engine_->retrieve_hold({.hold_id = hold_id, .as_host = true})).hold;
}

std::int32_t World::available(const std::string& resource_id, Date date) {
  return accepted(engine_->check_availability(
                      {.resource_id = resource_id, .start_date = date, .end_date = date}))
      .days.at(0)
      .available_capacity;
}

Unavailable World::reason(const std::string& resource_id, Date date, std::int32_t quantity) {
  return accepted(engine_->check_availability({.resource_id = resource_id,
                                               .start_date = date,
                                               .end_date = date,
                                               .quantity = quantity}))
      .days.at(0)
      .reason;
}

void World::remove(const std::string& resource_id) {
  accepted(engine_->delete_resource({.resource_id = resource_id}));
}

void World::deactivate(const std::string& resource_id) {
  accepted(engine_->update_resource({.resource_id = resource_id, .is_active = false}));
}

std::string absent_id(const std::string& prefix, const std::string& resource_id) {
  return prefix + resource_id.substr(4) + "_01ARZ3NDEKTSV4RRFFQ69G5FAV";
}

namespace {

template <class Row>
std::vector<std::string> ids(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  out.reserve(rows.size());
  for (const Row& row : rows) out.push_back(row.id);
  return out;
}

}  // namespace

std::vector<std::string> ids_of(const std::vector<Hold>& rows) { return ids(rows); }
std::vector<std::string> ids_of(const std::vector<Allocation>& rows) { return ids(rows); }
std::vector<std::string> ids_of(const std::vector<Resource>& rows) { return ids(rows); }
std::vector<std::string> ids_of(const std::vector<Blackout>& rows) { return ids(rows); }

std::vector<std::string> days_of(const Rejection& rejection) {
  std::vector<std::string> out;
  for (const DayConflict& day : rejection.days) {
    out.push_back(to_string(day.date) + " " + std::to_string(day.requested) + "/" +
                  std::to_string(day.available_capacity));
  }
  return out;
}

}  // namespace holdfast::test
