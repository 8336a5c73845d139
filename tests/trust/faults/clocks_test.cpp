// The database's clock and the hosts' clocks hours apart, and the database's stepping to and fro.
// A hold lives by the database's clock alone, and what was recorded once stays.
#include <algorithm>
#include <array>
#include <fstream>
#include <map>

#include "backends/cluster.hpp"
#include "backends/shop.hpp"
#include "host.hpp"
#include "support/budget.hpp"
#include "support/figure.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// The hand of a shifted clock: what processes that preload the shim add to their true time.
class Hand {
 public:
  explicit Hand(const std::string& path) : path_(path) { set(0us); }
  void set(microseconds shift) {
    shift_ = shift;
    const std::int64_t count = shift.count();
    // In place, for who has it mapped.
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    if (!file) file.open(path_, std::ios::binary | std::ios::out);
    file.write(reinterpret_cast<const char*>(&count), sizeof count);
  }
  microseconds shift() const { return shift_; }
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" TRUST_CLOCK_SHIM, "TRUST_CLOCK=" + path_};
  }

 private:
  std::string path_;
  microseconds shift_{};
};

/// A folder that the server's user can read, with one hand per clock.
struct Clocks {
  TemporaryFolder folder{"postgres"};
  Hand database{folder.path() + "/database"};
};

/// Holds on a few scarce days while the database's clock jumps, and what must be true of each.
class Walk {
 public:
  Walk(Engine& first, Engine& second, Hand& hand, Sql sql)
      : engines_{&first, &second}, hand_(hand), sql_(std::move(sql)) {
    resource_ = add_resource(first, kPlaces, kDays);
  }

  void step() {
    latest_ = std::max(latest_, now());
    const auto what = random_.below(10);
    if (what < 2) return jump();
    if (what < 5 || holds_.empty()) return create();
    auto& chosen = holds_[random_.below(holds_.size())];
    what < 8 ? confirm(chosen) : what < 9 ? look(chosen) : release(chosen);
  }

  int jumps = 0;
  int asked = 0;
  int expired = 0;
  int sold = 0;
  std::vector<std::string> wrong{};

 private:
  static constexpr std::int32_t kPlaces = 2;
  static constexpr int kDays = 200;
  static constexpr auto kTtl = 60s;

  struct Known {
    std::string id{};
    std::string token{};
    int day = 0;
    Instant expires_at{};
    bool confirmed = false;
    bool ended = false;  ///< somebody was told that it is over, which is for good
  };

  Instant now() {
    const auto us = sql_.value("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
    return Instant(microseconds(std::stoll(us)));
  }
  Engine& any() { return *engines_[random_.below(2)]; }
  void fail(const Known& hold, const std::string& what) { wrong.push_back(hold.id + ": " + what); }

  void jump() {
    constexpr std::array<microseconds, 4> kSteps = {1s, 70s, 3h, 24h};
    const auto by = kSteps[random_.below(kSteps.size())];
    hand_.set(hand_.shift() + (random_.chance(0.5) ? by : -by));
    ++jumps;
  }

  void create() {
    Known made{.token = "walk-" + std::to_string(++asked),
               .day = static_cast<int>(random_.below(kDays))};
    const auto before = now();
    auto request = hold_request(resource_, made.day, made.token);
    request.ttl = kTtl;
    const auto answer = must(any().create_hold(request));
    if (!answer.accepted()) return;
    made.id = answer.value().hold.id;
    made.expires_at = answer.value().hold.expires_at;
    // Made by the clock of the database, not by one of ours.
    if (made.expires_at < before + kTtl || made.expires_at > now() + kTtl)
      fail(made, "expires at " + to_string(made.expires_at) + ", asked at " + to_string(before));
    int booked = 0;
    for (const Known& other : holds_) booked += other.day == made.day && other.confirmed ? 1 : 0;
    if (booked >= kPlaces) fail(made, "held on a day that is booked out");
    holds_.push_back(made);
  }

  void confirm(Known& hold) {
    const auto before = now();
    const auto answer =
        must(any().confirm_hold({.hold_id = hold.id, .order_id = "order-" + hold.token}));
    const auto after = now();
    latest_ = std::max({latest_, before, after});
    ++asked;
    if (answer.accepted()) {
      if (!hold.confirmed && hold.ended) fail(hold, "confirmed after its end");
      if (!hold.confirmed && before >= hold.expires_at) fail(hold, "confirmed after its time");
      if (!hold.confirmed) ++sold;
      hold.confirmed = true;
      return;
    }
    if (hold.confirmed)
      fail(hold, std::string("a booking is forgotten: ") + name(answer.outcome()));
    if (answer.outcome() == Outcome::kHoldExpired && latest_ < hold.expires_at)
      fail(hold, "expired before its time");
    if (answer.outcome() == Outcome::kHoldExpired && !hold.ended) ++expired;
    hold.ended = true;
  }

  void release(Known& hold) {
    ++asked;
    const auto answer = must(any().release_hold({.hold_id = hold.id}));
    latest_ = std::max(latest_, now());
    if (hold.confirmed && answer.accepted()) fail(hold, "a booking was released");
    hold.ended = hold.ended || !hold.confirmed;
  }

  void look(Known& hold) {
    ++asked;
    const auto found = accepted(any().retrieve_hold({.hold_id = hold.id})).hold;
    latest_ = std::max(latest_, now());
    const bool gone = found.status == HoldStatus::kExpired;
    if (gone && hold.confirmed) fail(hold, "a booking has expired");
    if (gone && latest_ < hold.expires_at) fail(hold, "shown as expired before its time");
    const bool again = accepted(any().create_hold([&] {
                         auto request = hold_request(resource_, hold.day, hold.token);
                         request.ttl = kTtl;
                         return request;
                       }()))
                           .replayed;
    if (!again) fail(hold, "its token made a second one");
  }

  std::array<Engine*, 2> engines_;
  Hand& hand_;
  Sql sql_;
  std::string resource_{};
  std::vector<Known> holds_{};
  Instant latest_{};
  Random random_{13};
};

}  // namespace

TEST_CASE("a database clock that steps to and fro expires nothing early and sells nothing twice",
          "[clocks]") {
  NEEDS_POSTGRES();
  Clocks clocks;
  PrivateCluster cluster({"autovacuum=off"}, clocks.database.environment());
  const std::string uri = "postgres:" + cluster.create_database("shop");
  const auto first = migrated(uri);
  const auto second = must(Engine::open(uri));
  Walk walk(*first, *second, clocks.database, Sql(cluster.conninfo("shop")));
  const auto end = std::chrono::steady_clock::now() + scaled(4000ms);
  while (std::chrono::steady_clock::now() < end) walk.step();
  for (std::size_t i = 0; i < std::min<std::size_t>(walk.wrong.size(), 10); ++i)
    UNSCOPED_INFO(walk.wrong[i]);
  CHECK(walk.wrong.empty());
  CHECK(walk.jumps > 0);
  CHECK(unsound(*first).empty());
  report({.campaign = "clocks",
          .part = "steps of 1 s to 24 h either way",
          .count = walk.asked,
          .unit = "answers",
          .wrong = std::ssize(walk.wrong),
          .whole = plays_whole(),
          .text = std::to_string(walk.jumps) + " steps, " + std::to_string(walk.sold) + " sold, " +
                  std::to_string(walk.expired) + " told expired"});
}

TEST_CASE("hosts whose clocks are hours off book as if they were right", "[clocks]") {
  NEEDS_POSTGRES();
  Clocks clocks;
  clocks.database.set(2h);
  PrivateCluster cluster({}, clocks.database.environment());
  const std::string uri = "postgres:" + cluster.create_database("shop");
  const auto engine = migrated(uri);
  const std::string resource = add_resource(*engine, 1'000'000);
  Hand early(clocks.folder.path() + "/early");
  Hand late(clocks.folder.path() + "/late");
  early.set(-9h);
  late.set(14h);
  // A short life, so that an hour more or less would show.
  const Hold made = hold(*engine, resource);
  const auto lives = made.expires_at - std::chrono::system_clock::now();
  CHECK(lives > 2h + 29min);
  CHECK(lives < 2h + 31min);
  Host first("early", uri, resource, clocks.folder.path() + "/a", early.environment());
  Host second("late", uri, resource, clocks.folder.path() + "/b", late.environment());
  first.wait_for(100);
  second.wait_for(100);
  first.stop();
  second.stop();
  (void)accepted(engine->confirm_hold({.hold_id = made.id, .order_id = "mine"}));
  auto found = audit(*engine, resource, {first.ledger(), second.ledger()});
  // The one hold and booking of this test are in nobody's ledger.
  std::erase_if(found.wrong, [&](const std::string& line) { return line.starts_with(made.id); });
  for (const auto& line : found.wrong) UNSCOPED_INFO(line);
  CHECK(found.lost.empty());
  CHECK(found.wrong.empty());
  report({.campaign = "clocks",
          .part = "hosts 9 h behind and 14 h ahead, the database 2 h ahead",
          .count = found.acknowledged,
          .unit = "answers",
          .wrong = std::ssize(found.lost) + std::ssize(found.wrong),
          .whole = true});
}

}  // namespace holdfast::test
