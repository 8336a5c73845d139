// What the corpus, which goes through every operation, cannot say of an answer: it keeps to what
// every language has.
#include <string>

#include "harness.hpp"

namespace holdfast::test {
namespace {

TEST_CASE("instants keep their microseconds") {
  const OpenEngine engine;
  const std::string id = make_resource(engine, 1);
  const holdfast_date on = day("2026-07-01");
  auto want = sized<holdfast_create_hold_request>();
  want.resource_id = str(id);
  want.dates = &on;
  want.dates_count = 1;
  want.quantity = 1;
  want.ttl_ms = 1;
  const ResultPtr held = ask(holdfast_create_hold, engine, want);
  const holdfast_hold* hold = holdfast_result_holds(held.get(), nullptr);
  REQUIRE(hold != nullptr);
  CHECK(hold->created_at == kStart);
  CHECK(hold->expires_at == kStart + 1'000);
}

TEST_CASE("the metrics come as Prometheus' text too") {
  const OpenEngine engine;
  make_resource(engine, 1);
  const ResultPtr metrics = ask(holdfast_metrics, engine, sized<holdfast_metrics_request>());
  CHECK(text(holdfast_result_prometheus(metrics.get())).find("holdfast_") != std::string::npos);
}

}  // namespace
}  // namespace holdfast::test
