// Many clients send the same requests over connections that keep dying and locks that time out,
// each token again and again, in any order. Every token has one effect.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "backends/cluster.hpp"
#include "backends/shop.hpp"
#include "operations.hpp"
#include "support/budget.hpp"
#include "support/figure.hpp"
#include "support/random.hpp"
#include "support/relay.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// Every connection ends after some thousand bytes, in the middle of whatever it was doing.
class BadWire {
 public:
  explicit BadWire(const std::string& conninfo)
      : address_(conninfo),
        relay_([this] { return address_.connect(); }, [this] { return admit(); }) {}
  std::string conninfo() const { return address_.through(relay_.port()); }
  int cuts() const { return cuts_; }

 private:
  class Fuse final : public Tap {
   public:
    Fuse(BadWire& wire, std::size_t bytes, Passed::Then end)
        : wire_(wire), left_(bytes), end_(end) {}
    Passed said(Side, std::string_view bytes) override {
      if (bytes.size() < left_) {
        left_ -= bytes.size();
        return {std::string(bytes)};
      }
      ++wire_.cuts_;
      return {std::string(bytes.substr(0, left_)), end_};
    }

   private:
    BadWire& wire_;
    std::size_t left_;
    Passed::Then end_;
  };

  std::unique_ptr<Tap> admit() {
    const std::scoped_lock guard(mutex_);
    const bool reset = random_.chance(0.5);
    return std::make_unique<Fuse>(*this, 2000 + random_.below(60'000),
                                  reset ? Passed::Then::kReset : Passed::Then::kClose);
  }

  const ServerAddress address_;
  std::mutex mutex_{};
  Random random_{14};
  std::atomic<int> cuts_{0};
  Relay relay_;
};

/// What the tokens are spent on; each has an effect that adds up.
class Requests {
 public:
  Requests(Engine& engine, int tokens) : tokens_(tokens) {
    held_ = add_resource(engine, 1'000'000);
    counted_ = add_resource(engine, 0);
    closed_ = add_resource(engine, 1);
  }

  int size() const { return tokens_; }

  Told send(Engine& engine, int number, bool changed = false) const {
    const std::string token = "storm-" + std::to_string(number);
    const std::int32_t amount = changed ? 2 : 1;
    switch (number % 4) {
      case 0: {
        auto request = hold_request(held_, 0, token);
        request.quantity = amount;
        return told(engine.create_hold(request));
      }
      case 1:
        return told(engine.adjust_capacity({.resource_id = counted_,
                                            .dates = {future(0)},
                                            .delta = amount,
                                            .idempotency_token = token}));
      case 2:
        return told(engine.create_blackout({.resource_id = closed_,
                                            .start_date = future(0),
                                            .end_date = future(amount),
                                            .idempotency_token = token}));
      default:
        return told(engine.create_resource({.type = "STORM",
                                            .name = changed ? "other" : "a resource",
                                            .idempotency_token = token}));
    }
  }

  /// How many effects are in the tables, of each kind; each should be a quarter of the tokens.
  std::vector<int> effects(Sql& sql) const {
    return {
        number(sql,
               "SELECT count(*) FROM holdfast.resource_holds WHERE resource_id = '" + held_ + "'"),
        number(sql, "SELECT max_capacity FROM holdfast.resource_capacity WHERE resource_id = '" +
                        counted_ + "' ORDER BY date LIMIT 1"),
        number(sql, "SELECT count(*) FROM holdfast.resource_blackouts WHERE resource_id = '" +
                        closed_ + "'"),
        number(sql, "SELECT count(*) FROM holdfast.resources WHERE type = 'STORM'")};
  }

 private:
  static int number(Sql& sql, const std::string& query) { return std::stoi(sql.value(query)); }

  int tokens_;
  std::string held_{};
  std::string counted_{};
  std::string closed_{};
};

}  // namespace

TEST_CASE("a storm of retries over dying connections leaves one effect per token", "[storm]") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  const auto direct = migrated(db.uri());
  const Requests requests(*direct, scaled(25) * 4);
  BadWire wire(db.address());
  const EngineOptions impatient{.lock_timeout = 20ms, .retry_timeout = 0ms};
  std::vector<std::unique_ptr<Engine>> hosts;
  for (int i = 0; i < 3; ++i) {
    auto opened = Engine::open("postgres:" + wire.conninfo(), impatient);
    for (int again = 0; again < 20 && !opened.ok(); ++again)
      opened = Engine::open("postgres:" + wire.conninfo(), impatient);
    hosts.push_back(must(std::move(opened)));
  }
  std::atomic<int> sent{0};
  std::atomic<int> done{0};
  std::atomic<int> safe{0};
  std::atomic<int> in_doubt{0};
  std::mutex mutex;
  std::vector<std::string> wrong;
  in_threads(8, [&](int thread) {
    Random random(100 + static_cast<unsigned>(thread));
    // Each thread sends each token one to five times, in an order of its own.
    std::vector<int> order;
    for (int number = 0; number < requests.size(); ++number)
      order.insert(order.end(), 1 + random.below(5), number);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (const int number : order) {
      const Told answer = requests.send(*hosts[random.below(hosts.size())], number);
      ++sent;
      if (answer.done) ++done;
      if (answer.retry == Retry::kSafe) ++safe;
      if (answer.retry == Retry::kSameToken) ++in_doubt;
      if (answer.done || answer.retry != Retry::kNever) continue;
      const std::scoped_lock guard(mutex);
      wrong.push_back(answer.text);
    }
  });
  hosts.clear();
  int mismatches = 0;
  for (int number = 0; number < requests.size(); ++number) {
    const Told again = requests.send(*direct, number);
    if (!again.done) wrong.push_back("in the calm: " + again.text);
    if (requests.send(*direct, number, true).text == "IDEMPOTENCY_MISMATCH") ++mismatches;
  }
  Sql sql(db.address());
  const auto effects = requests.effects(sql);
  for (std::size_t i = 0; i < std::min<std::size_t>(wrong.size(), 10); ++i) UNSCOPED_INFO(wrong[i]);
  CHECK(wrong.empty());
  for (const int effect : effects) CHECK(effect == requests.size() / 4);
  CHECK(mismatches == requests.size());
  CHECK(wire.cuts() > 10);
  CHECK(unsound(*direct).empty());
  std::int64_t amiss = std::ssize(wrong) + requests.size() - mismatches;
  for (const int effect : effects) amiss += std::abs(effect - requests.size() / 4);
  report({.campaign = "storm",
          .count = requests.size(),
          .unit = "tokens",
          .wrong = amiss,
          .whole = plays_whole(),
          .text = "sent " + std::to_string(sent.load()) + " times over connections that died " +
                  std::to_string(wire.cuts()) + " times: done " + std::to_string(done.load()) +
                  ", SAFE " + std::to_string(safe.load()) + ", SAME_TOKEN " +
                  std::to_string(in_doubt.load()) + ", effects " + std::to_string(effects[0]) +
                  "+" + std::to_string(effects[1]) + "+" + std::to_string(effects[2]) + "+" +
                  std::to_string(effects[3]) + ", changed bodies refused " +
                  std::to_string(mismatches)});
}

}  // namespace holdfast::test
