// One request that names a day twice: what it wants on that day is one sum.
#include <string>
#include <vector>

#include "shop.hpp"
#include "support/catch.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

Reply<HoldsAnswer> try_group(Engine& engine, std::vector<HoldItem> items,
                             const std::string& token = {}) {
  return engine.create_holds({.items = std::move(items), .idempotency_token = token});
}

void require_nothing_written(Engine& engine, const std::string& before, const std::string& id) {
  CHECK(visible(engine, id) == before);
  CHECK(all_holds(engine, {.resource_id = id}).empty());
}

TEST_CASE("the same day twice against one place refuses the whole request", "[same-day]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const std::string before = visible(*shop, id);

  const Rejection no = refused(try_group(*shop, {{id, {day(3)}}, {id, {day(3)}}}, "twice"));
  CHECK(text(no) == "INSUFFICIENT_CAPACITY " + to_string(day(3)) + ":2>1");
  require_nothing_written(*shop, before, id);
  // The refusal kept no token.
  CHECK(outcome(try_group(*shop, {{id, {day(3)}}}, "twice")) == "ACCEPTED");
  require_sound(*shop);
}

TEST_CASE("ranges that overlap are summed where they overlap", "[same-day]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string id = add_resource(*shop, 1);
  const std::string before = visible(*shop, id);

  const Rejection no = refused(try_group(*shop, {{id, days(0, 3)}, {id, days(2, 5)}}));
  CHECK(text(no) ==
        "INSUFFICIENT_CAPACITY " + to_string(day(2)) + ":2>1 " + to_string(day(3)) + ":2>1");
  require_nothing_written(*shop, before, id);
  CHECK(outcome(try_group(*shop, {{id, days(0, 3)}, {id, days(4, 5)}})) == "ACCEPTED");
  require_sound(*shop);
}

TEST_CASE("ten items of one against nine places are refused, against ten accepted", "[same-day]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string nine = add_resource(*shop, 9);
  const std::string ten = add_resource(*shop, 10);
  const std::string before = visible(*shop, nine);

  const Rejection no = refused(try_group(*shop, std::vector<HoldItem>(10, {nine, {day(0)}})));
  CHECK(text(no) == "INSUFFICIENT_CAPACITY " + to_string(day(0)) + ":10>9");
  require_nothing_written(*shop, before, nine);

  const auto group = accepted(try_group(*shop, std::vector<HoldItem>(10, {ten, {day(0)}})));
  CHECK(group.holds.size() == 10);
  CHECK(available(*shop, ten, day(0)) == 0);
  CHECK(all_holds(*shop, {.group_id = group.group_id}).size() == 10);
  require_sound(*shop);
}

TEST_CASE("one item that cannot be had takes nothing of the others", "[same-day]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const std::string wide = add_resource(*shop, 9);
  const std::string narrow = add_resource(*shop, 1);
  const std::string before = visible(*shop, wide);

  const Rejection no =
      refused(try_group(*shop, {{wide, days(0, 4), 2}, {narrow, {day(0)}}, {narrow, {day(0)}}}));
  CHECK(no.outcome == Outcome::kInsufficientCapacity);
  CHECK(no.id == narrow);
  require_nothing_written(*shop, before, wide);
  CHECK(available(*shop, narrow, day(0)) == 1);
  require_sound(*shop);
}

TEST_CASE("requests that name days twice do not deadlock each other", "[same-day]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const auto other = shop.another();
  const std::string a = add_resource(*shop, 3);
  const std::string b = add_resource(*shop, 3);
  std::vector<std::string> unexpected(8);
  in_threads(8, [&](int i) {
    Engine& engine = i % 2 == 0 ? *shop : *other;
    for (int round = 0; round < 20; ++round) {
      std::vector<HoldItem> items{{a, days(0, 2)}, {b, days(1, 3)}, {a, days(2, 4)}};
      if (i % 4 < 2) std::swap(items[0], items[1]);
      const auto reply = try_group(engine, items);
      const std::string got = outcome(reply);
      if (got == "ACCEPTED") {
        for (const auto& row : reply->value().holds) {
          accepted(engine.release_hold({.hold_id = row.id}));
        }
      } else if (got != "INSUFFICIENT_CAPACITY") {
        unexpected[static_cast<std::size_t>(i)] = got;
      }
    }
  });
  CHECK(unexpected == std::vector<std::string>(8));
  CHECK(available(*shop, a, day(2)) == 3);
  require_sound(*shop);
}

}  // namespace
}  // namespace holdfast::test
