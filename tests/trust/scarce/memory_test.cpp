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

/// libpq 15 can wait for ever once it had no memory for an answer, so it always has some: on
/// PostgreSQL only what the library asks for itself can fail.
Whose whose(const Database& db) {
  return db.backend().name == "postgres" ? Whose::kOurs : Whose::kEverybodys;
}

}  // namespace

TEST_CASE("without memory for a moment or for long, the answer agrees with the rows", "[memory]") {
  EACH_BACKEND(db);
  ScarceShop shop(db.uri());
  const auto begin = [&](int nth, bool lasting) { starve(nth, lasting, whose(db)); };
  play_operations(shop, {begin, feed}, stride(kStrideAtOne), "no memory", "allocations",
                  db.backend().name);
}

TEST_CASE("without memory to open or to migrate, the next one opens and migrates", "[memory]") {
  EACH_BACKEND(db);
  const std::string uri = db.uri();
  // To open PostgreSQL takes a process of the server's.
  const int step = stride(db.backend().name == "postgres" ? kStrideAtOne : kStrideAtOne / 10);
  int played = 0;
  for (const bool lasting : {false, true}) {
    for (int nth = 1;; nth += step) {
      INFO("failing allocation: " << nth << (lasting ? " and all later" : ""));
      const EngineOptions options{.retry_timeout = 0ms};
      EngineOptions copy = options;
      starve(nth, lasting, whose(db));
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
int submit_all(ScarceShop& shop, Whose fails, MakeRequest make) {
  for (int nth = 1;; nth += stride(kStrideAtOne / 4)) {
    for (const bool lasting : {false, true}) {
      INFO("failing allocation: " << nth << (lasting ? " and all later" : ""));
      Request request = make("token-" + std::to_string(nth) + (lasting ? "-lasting" : ""));
      Request again = request;
      starve(nth, lasting, fails);
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
  EACH_BACKEND(db);
  ScarceShop shop(db.uri());
  const std::string resource = add_resource(*shop.engine, 100'000);
  const int holds = submit_all(shop, whose(db), [&](const std::string& token) -> Request {
    return hold_request(resource, 0, token);
  });
  const int lists = submit_all(shop, whose(db), [&](const std::string& token) -> Request {
    return ListHolds{.resource_id = resource, .customer_email = token};
  });
  CHECK(unsound(*shop.engine).empty());
  report({.campaign = "no memory",
          .part = db.backend().name + ", submit",
          .count = 2 * (holds + lists),
          .unit = "allocations",
          .whole = plays_whole()});
}

TEST_CASE("a warning of PostgreSQL's that there is no memory to keep is still a warning",
          "[memory]") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  LogLines log;
  const auto engine =
      migrated(db.uri(), {.lanes = 1, .readers = 1, .retry_timeout = 0ms, .log = log.function()});
  const std::string resource = add_resource(*engine, 1000);
  Sql(db.address())
      .run(
          "CREATE FUNCTION holdfast.warn() RETURNS trigger LANGUAGE plpgsql AS "
          "$$ BEGIN RAISE WARNING 'a warning of the shop''s'; RETURN NEW; END $$; "
          "CREATE TRIGGER warn BEFORE INSERT ON holdfast.resource_holds "
          "FOR EACH ROW EXECUTE FUNCTION holdfast.warn()");
  bool failed = true;
  for (int nth = 1; failed; ++nth) {
    INFO("failing allocation: " << nth);
    Request request = hold_request(resource, 0, "token-" + std::to_string(nth));
    Request again = request;
    starve(nth, false, Whose::kOurs);
    (void)engine->execute(std::move(request));
    failed = feed();
    REQUIRE(told(engine->execute(Request(again))).done);
    // A replay: so that every token is looked for, and each request asks for memory as often.
    REQUIRE(told(engine->execute(std::move(again))).done);
  }
  CHECK(contains(log.text(), "committed, with a warning: a warning of the shop's"));
  CHECK(contains(log.text(), "committed, with a warning: no memory"));
  CHECK(unsound(*engine).empty());
}

}  // namespace holdfast::test
