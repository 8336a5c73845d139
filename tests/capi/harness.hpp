// The C ABI as these tests call it: freed by itself, asserted on the way.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "capi/operations.hpp"
#include "holdfast.h"
#include "support/catch.hpp"

namespace holdfast::test {

inline holdfast_str str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string text(holdfast_str from) { return std::string(from.data, from.size); }

/// A struct of zeros that knows its size.
template <class Struct>
Struct sized() {
  Struct out{};
  out.struct_size = sizeof(Struct);
  return out;
}

inline holdfast_error no_error() { return sized<holdfast_error>(); }

struct FreeResult {
  void operator()(holdfast_result* result) const { holdfast_result_free(result); }
};
using ResultPtr = std::unique_ptr<holdfast_result, FreeResult>;

inline std::string describe(const holdfast_error& error) {
  return std::string(holdfast_status_name(error.status)) + "/" + holdfast_retry_name(error.retry) +
         " " + error.message;
}

/// YYYY-MM-DD as a day.
inline holdfast_date day(std::string_view text) {
  holdfast_date out = 0;
  auto error = no_error();
  if (holdfast_parse_date(str(text), &out, &error) != HOLDFAST_STATUS_OK) {
    throw std::runtime_error(describe(error));
  }
  return out;
}

inline std::string day_text(holdfast_date date) {
  char text[11];
  auto error = no_error();
  if (holdfast_format_date(date, text, sizeof text, &error) != HOLDFAST_STATUS_OK) {
    throw std::runtime_error(describe(error));
  }
  return text;
}

/// 2026-02-03T04:05:06.789012Z: when the clock of these tests stands still.
inline constexpr holdfast_instant kStart = 1'770'091'506'789'012;

inline holdfast_options options_for(std::string_view uri) {
  auto options = sized<holdfast_options>();
  options.abi_version = HOLDFAST_ABI_VERSION;
  options.uri = str(uri);
  options.clock = [](void*) { return kStart; };
  return options;
}

inline holdfast_engine open(const holdfast_options& options) {
  holdfast_engine engine = 0;
  auto error = no_error();
  if (holdfast_open(&options, &engine, &error) != HOLDFAST_STATUS_OK) {
    throw std::runtime_error(describe(error));
  }
  return engine;
}

/// An open engine, migrated, closed at the end if the test has not.
class OpenEngine {
 public:
  explicit OpenEngine(const holdfast_options& options) : handle_(open(options)) { migrate(); }
  explicit OpenEngine(std::string_view uri = "memory:") : OpenEngine(options_for(uri)) {}
  OpenEngine(const OpenEngine&) = delete;
  OpenEngine& operator=(const OpenEngine&) = delete;
  ~OpenEngine() { holdfast_close(handle_, nullptr); }
  operator holdfast_engine() const { return handle_; }

 private:
  void migrate() {
    holdfast_result* result = nullptr;
    auto error = no_error();
    if (holdfast_migrate(handle_, nullptr, &result, &error) != HOLDFAST_STATUS_OK) {
      throw std::runtime_error(describe(error));
    }
    holdfast_result_free(result);
  }
  holdfast_engine handle_;
};

/// The answer, or the failure as an exception.
template <class Call, class Request>
ResultPtr ask(Call call, holdfast_engine engine, const Request& request) {
  holdfast_result* result = nullptr;
  auto error = no_error();
  if (call(engine, &request, &result, &error) != HOLDFAST_STATUS_OK) {
    throw std::runtime_error(describe(error));
  }
  return ResultPtr(result);
}

/// A resource with `capacity` places a day from 2026-07-01 to 2026-07-31; its id.
inline std::string make_resource(holdfast_engine engine, std::int32_t capacity) {
  auto create = sized<holdfast_create_resource_request>();
  create.type = HOLDFAST_STR("TOUR");
  create.name = HOLDFAST_STR("Reef");
  const ResultPtr made = ask(holdfast_create_resource, engine, create);
  const std::string id = text(holdfast_result_resources(made.get(), nullptr)[0].id);
  auto fill = sized<holdfast_initialize_capacity_request>();
  fill.resource_id = str(id);
  fill.start_date = day("2026-07-01");
  fill.end_date = day("2026-07-31");
  fill.daily_capacity = capacity;
  if (holdfast_result_outcome(ask(holdfast_initialize_capacity, engine, fill).get()) !=
      HOLDFAST_OUTCOME_ACCEPTED) {
    throw std::runtime_error("no capacity");
  }
  return id;
}

}  // namespace holdfast::test
