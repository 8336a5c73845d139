// Memory runs out at every allocation of every operation, once and for as long as it lasts.
//
// HOLDFAST_BUDGET=20 plays every allocation; less plays every nth one, from a place that the seed
// picks.
#include <algorithm>
#include <thread>

#include "shop.hpp"
#include "starvation.hpp"
#include "support/figure.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr int kStrideAtOne = 40;

/// libpq 15 can wait for ever once it had no memory for an answer, so not on PostgreSQL.
#define EACH_FED_BACKEND(db) \
  EACH_BACKEND(db);          \
  if (db.backend().name == "postgres") return

}  // namespace

TEST_CASE("without memory for a moment or for long, the answer agrees with the rows", "[memory]") {
  EACH_FED_BACKEND(db);
  ScarceShop shop(db.uri());
  play_operations(shop, {starve, feed}, stride(kStrideAtOne), "no memory", "allocations",
                  db.backend().name);
}

TEST_CASE("without memory to open or to migrate, the next one opens and migrates", "[memory]") {
  EACH_FED_BACKEND(db);
  const std::string uri = db.uri();
  int played = 0;
  for (const bool lasting : {false, true}) {
    for (int nth = 1;; nth += stride(kStrideAtOne / 10)) {
      INFO("failing allocation: " << nth << (lasting ? " and all later" : ""));
      const EngineOptions options{.retry_timeout = 0ms};
      EngineOptions copy = options;
      starve(nth, lasting);
      bool threw = false;
      {
        try {
          auto opened = Engine::open(uri, std::move(copy));
          if (opened.ok()) (void)(*opened)->migrate();
        } catch (...) {
          threw = true;
        }
      }
      const bool failed = feed();
      REQUIRE_FALSE(threw);
      const auto engine = migrated(uri, options);
      REQUIRE(unsound(*engine).empty());
      if (!failed) break;
      ++played;
    }
  }
  CHECK(played > 0);
  report({.campaign = "no memory",
          .part = db.backend().name + ", open and migrate",
          .count = played,
          .unit = "allocations",
          .whole = plays_whole()});
}

namespace {

/// What a submit has led to, with the memory back after 20 ms.
std::vector<Completion> completions(Engine& engine) {
  std::vector<Completion> got;
  for (int waited = 0; got.empty() && waited < 5000; ++waited) {
    try {  // a drain without memory for its answers has none, and loses none
      got = engine.drain(10);
    } catch (const std::bad_alloc&) {
    }
    if (waited == 20) feed();
    std::this_thread::sleep_for(1ms);
  }
  return got;
}

/// Makes `request(token)` for each of its allocations; the number of them.
template <class MakeRequest>
int submit_all(ScarceShop& shop, MakeRequest make) {
  for (int nth = 1;; nth += stride(kStrideAtOne / 4)) {
    for (const bool lasting : {false, true}) {
      INFO("failing allocation: " << nth << (lasting ? " and all later" : ""));
      Request request = make("token-" + std::to_string(nth) + (lasting ? "-lasting" : ""));
      Request again = request;
      starve(nth, lasting);
      const auto let_in = shop.engine->submit(std::move(request), 7);
      const auto got = let_in.ok() ? completions(*shop.engine) : std::vector<Completion>{};
      const bool failed = feed();
      if (let_in.ok()) REQUIRE(got.size() == 1);
      if (let_in.ok()) REQUIRE(got[0].tag == 7);
      if (!let_in.ok()) REQUIRE(let_in.error().retry == Retry::kSafe);
      REQUIRE(told(shop.engine->execute(std::move(again))).done);
      REQUIRE(shop.engine->drain(10).empty());
      if (!failed) return nth;
    }
  }
}

}  // namespace

TEST_CASE("every submit that was let in is answered once, whatever memory there was", "[memory]") {
  EACH_FED_BACKEND(db);
  ScarceShop shop(db.uri());
  const std::string resource = add_resource(*shop.engine, 100'000);
  const int holds = submit_all(
      shop, [&](const std::string& token) -> Request { return hold_request(resource, 0, token); });
  const int lists = submit_all(shop, [&](const std::string& token) -> Request {
    return ListHolds{.resource_id = resource, .customer_email = token};
  });
  CHECK(unsound(*shop.engine).empty());
  report({.campaign = "no memory",
          .part = db.backend().name + ", submit",
          .count = 2 * (holds + lists),
          .unit = "allocations",
          .whole = plays_whole()});
}

}  // namespace holdfast::test
