// One hold, several who would confirm it.
#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "loss.hpp"
#include "process.hpp"
#include "shop.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("two confirms of one order share an allocation, another order gets none", "[confirm]") {
  EACH_SETTING(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string id = add_resource(*shop, 1);
  for (int round = 0; round < 30; ++round) {
    const Hold held = hold(*shop, id, {day(round)});
    std::vector<Reply<AllocationAnswer>> got(3, Error{});
    in_threads(3, [&](int i) {
      Engine& engine = (i + round) % 2 == 0 ? *shop : *other;
      got[static_cast<std::size_t>(i)] = try_confirm(engine, held.id, i < 2 ? "O" : "P");
    });
    const auto stored = all_allocations(
        *shop, {.resource_id = id, .start_date = day(round), .end_date = day(round)});
    REQUIRE(stored.size() == 1);
    for (int i = 0; i < 3; ++i) {
      const bool mine = stored[0].order_id == (i < 2 ? "O" : "P");
      const auto& reply = got[static_cast<std::size_t>(i)];
      CHECK(outcome(reply) == (mine ? "ACCEPTED" : "ALREADY_CONFIRMED"));
      if (mine) CHECK(reply->value().allocation.id == stored[0].id);
    }
    if (stored[0].order_id == "O") {
      CHECK(got[0]->value().replayed != got[1]->value().replayed);
    }
    CHECK(outcome(try_confirm(*shop, held.id, "Q")) == "ALREADY_CONFIRMED");
  }
  require_sound(*shop);
}

TEST_CASE("processes that confirm one hold at once share its allocation", "[confirm]") {
  EACH_BACKEND(db);
  if (!db.backend().persistent) return;
  const auto engine = open_engine(db);
  const std::string id = add_resource(*engine, 1, live_day(0), live_day(30));
  Worker first({"confirm", db.uri()});
  Worker second({"confirm", db.uri()});
  REQUIRE(first.line() == "ready");
  REQUIRE(second.line() == "ready");
  for (int round = 0; round < 20; ++round) {
    const Hold held = hold(*engine, id, {live_day(round)});
    first.send(held.id + " O");
    second.send(held.id + " O");
    const auto stored = [&] {
      std::istringstream a(first.line());
      std::istringstream b(second.line());
      std::vector<std::string> words(6);
      a >> words[0] >> words[1] >> words[2];
      b >> words[3] >> words[4] >> words[5];
      return words;
    }();
    CHECK(stored[0] == "ACCEPTED");
    CHECK(stored[3] == "ACCEPTED");
    CHECK(stored[1] == stored[4]);
    CHECK(stored[2] != stored[5]);
    CHECK(outcome(try_confirm(*engine, held.id, "P")) == "ALREADY_CONFIRMED");
  }
  CHECK(all_allocations(*engine, {.resource_id = id}).size() == 20);
  require_sound(*engine, {live_day(0), live_day(30)});
}

TEST_CASE("a confirm whose answer was lost is repeated as a replay", "[confirm][loss]") {
  EACH_LOSS(db);
  LossyShop shop(db, setting_of_db.loss, {.retry_timeout = 0ms});
  const std::string id = add_resource(*shop, 1);
  const Hold held = hold(*shop, id, {day(0)});
  shop.lose_next_commit();
  const auto lost = try_confirm(*shop, held.id, "O");
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().status == Status::kUnknown);
  CHECK(lost.error().retry == Retry::kSameToken);
  REQUIRE(shop.lost() == 1);
  const auto again = accepted(try_confirm(*shop, held.id, "O"));
  CHECK(again.replayed);
  CHECK(outcome(try_confirm(*shop, held.id, "P")) == "ALREADY_CONFIRMED");
  CHECK(all_allocations(*shop, {.resource_id = id}).size() == 1);
  require_sound(*shop);
}

TEST_CASE("the engine itself asks again, and its caller sees one confirm", "[confirm][loss]") {
  EACH_LOSS(db);
  LossyShop shop(db, setting_of_db.loss, {});
  const std::string id = add_resource(*shop, 1);
  const Hold held = hold(*shop, id, {day(0)});
  shop.lose_next_commit();
  const auto answer = accepted(try_confirm(*shop, held.id, "O"));
  REQUIRE(shop.lost() == 1);
  CHECK_FALSE(answer.replayed);
  CHECK(all_allocations(*shop, {.resource_id = id}).size() == 1);
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
