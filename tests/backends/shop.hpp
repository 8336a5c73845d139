// Short calls and a record of the log, for tests that are about one database.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/engine.hpp"
#include "support/database.hpp"

namespace holdfast::test {

/// The value; a refusal or a failure is an exception that says which.
template <class T>
T accepted(Reply<T> reply) {
  Answer<T> answer = must(std::move(reply));
  if (!answer.accepted()) {
    throw std::runtime_error(std::string("refused: ") + name(answer.outcome()) + " " +
                             answer.rejection().message);
  }
  return std::move(answer.value());
}

/// A day that is still to come, whatever the clock says.
inline Date future(int offset) {
  using namespace std::chrono;
  return local_days(year(2127) / 3 / 1) + std::chrono::days(offset);
}

inline std::string add_resource(Engine& engine, std::int32_t places, int days = 10) {
  const auto made =
      accepted(engine.create_resource({.type = "TOUR", .name = "A tour", .timezone = "UTC"}));
  (void)accepted(engine.initialize_capacity({.resource_id = made.resource.id,
                                             .start_date = future(0),
                                             .end_date = future(days - 1),
                                             .daily_capacity = places}));
  return made.resource.id;
}

inline CreateHold hold_request(const std::string& resource_id, int day = 0,
                               const std::string& token = {}) {
  return {.resource_id = resource_id, .dates = {future(day)}, .idempotency_token = token};
}

inline Hold hold(Engine& engine, const std::string& resource_id, int day = 0,
                 const std::string& token = {}) {
  return accepted(engine.create_hold(hold_request(resource_id, day, token))).hold;
}

inline std::int32_t available(Engine& engine, const std::string& resource_id, int day = 0) {
  return accepted(
             engine.check_availability(
                 {.resource_id = resource_id, .start_date = future(day), .end_date = future(day)}))
      .days.front()
      .available_capacity;
}

/// What verify finds wrong, as text; empty when the tables are sound.
inline std::string unsound(Engine& engine) {
  std::string out;
  for (const auto& violation : accepted(engine.verify()).violations)
    out += violation.resource_id + " " + violation.rule + " " + violation.detail + "\n";
  return out;
}

/// Every line that the library logs.
class LogLines {
 public:
  LogFn function() {
    return [this](LogLevel, std::string_view line) {
      const std::scoped_lock guard(mutex_);
      lines_ += std::string(line) + "\n";
    };
  }
  std::string text() const {
    const std::scoped_lock guard(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_{};
  std::string lines_{};
};

inline std::unique_ptr<Engine> migrated(const std::string& uri, EngineOptions options = {}) {
  auto engine = must(Engine::open(uri, std::move(options)));
  (void)must(engine->migrate());
  return engine;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace holdfast::test
