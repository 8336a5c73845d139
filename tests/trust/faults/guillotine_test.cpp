// The connection to PostgreSQL ends after every byte that an operation sends or gets. What the
// caller is told must agree with the tables, and the same token again must end in one effect.
//
// HOLDFAST_BUDGET=20 plays every byte; less plays every nth one, from a place that the seed picks.
#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "guillotine.hpp"
#include "operations.hpp"
#include "report.hpp"
#include "support/budget.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr double kEveryByte = 20;  // the budget that plays all
constexpr int kStrideAtOne = 80;

// The server is never killed here, and a hundred thousand scenes need not wait for its disk.
const std::vector<std::string> kNoDisk = {"fsync=off", "autovacuum=off"};

const EngineOptions kImpatient{.lanes = 1, .readers = 1, .retry_timeout = 0ms};

struct Tally {
  int possible = 0;
  int cut = 0;
  int beyond = 0;  ///< the bytes were fewer than in the rehearsal
  int done = 0;
  int safe = 0;
  int same_token = 0;
  int same_token_done = 0;
  std::vector<std::string> wrong{};

  void report(const std::string& what) const {
    figure("guillotine", what + ": " + std::to_string(cut) + " of " + std::to_string(possible) +
                             " cut points; told done " + std::to_string(done) + ", SAFE " +
                             std::to_string(safe) + ", SAME_TOKEN " + std::to_string(same_token) +
                             " (" + std::to_string(same_token_done) +
                             " of them were done); wrong " + std::to_string(wrong.size()));
  }
};

int stride() {
  if (budget() >= kEveryByte) return 1;
  return std::max(1, static_cast<int>(std::lround(kStrideAtOne / budget())));
}

/// The places for the blade among `bytes`: a regular few, and the last one.
std::vector<std::int64_t> spread(std::int64_t bytes, Random& random) {
  std::vector<std::int64_t> out;
  const int step = stride();
  for (auto at = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(step)));
       at < bytes; at += step)
    out.push_back(at);
  if (bytes > 0 && (out.empty() || out.back() != bytes - 1)) out.push_back(bytes - 1);
  return out;
}

Cut pick(Side speaker, std::int64_t at, Random& random) {
  // Mostly plain ends: the others differ in how libpq words it.
  constexpr std::array kBlades = {Blade::kClose,     Blade::kClose, Blade::kClose,
                                  Blade::kReset,     Blade::kReset, Blade::kHalfClose,
                                  Blade::kHalfClose, Blade::kStall};
  return {.speaker = speaker,
          .after = at,
          .blade = kBlades[random.below(kBlades.size())],
          .unreachable = random.chance(0.5)};
}

std::string in_words(const Cut& cut) {
  return std::string(name(cut.blade)) + " after byte " + std::to_string(cut.after) + " of the " +
         (cut.speaker == Side::kClient ? "client" : "server") +
         (cut.unreachable ? ", then unreachable" : "");
}

class Campaign {
 public:
  Campaign()
      : address_(cluster_.create_database("shop")),
        direct_(migrated("postgres:" + address_, {.lanes = 1, .readers = 1})),
        sql_(address_),
        wire_(address_),
        engine_(must(Engine::open("postgres:" + wire_.conninfo(), kImpatient))) {}

  void play(const Operation& operation) {
    const Scene scene = rehearse(operation);
    wire_.count();
    const Told plain = operation.ask(*engine_, scene);
    const Passage bytes = wire_.disarm();
    if (!plain.done) throw std::runtime_error(std::string(operation.name) + ": " + plain.text);
    const std::string after = tables(sql_, scene);
    tally.possible += static_cast<int>(bytes.from_client + bytes.from_server);
    for (const auto at : spread(bytes.from_client, random_))
      strike(operation, pick(Side::kClient, at, random_), after);
    for (const auto at : spread(bytes.from_server, random_))
      strike(operation, pick(Side::kServer, at, random_), after);
  }

  Tally tally{};
  Engine& engine() { return *direct_; }

 private:
  /// The operation once on a scene of its own, so that its statements are prepared on the
  /// connection that is cut next; then a fresh scene.
  Scene rehearse(const Operation& operation) {
    if (scenes_ % 200 == 0) {
      sql_.run(
          "TRUNCATE holdfast.resources, holdfast.resource_capacity, holdfast.resource_holds, "
          "holdfast.resource_allocations, holdfast.resource_blackouts, holdfast.commands");
    }
    const Scene first = prepare(*direct_, operation.needs, ++scenes_);
    const Told warm = operation.ask(*engine_, first);
    if (!warm.done) throw std::runtime_error(std::string(operation.name) + ": " + warm.text);
    return prepare(*direct_, operation.needs, ++scenes_);
  }

  void strike(const Operation& operation, const Cut& cut, const std::string& after) {
    const Scene scene = rehearse(operation);
    Trial trial{.before = tables(sql_, scene)};
    wire_.arm(cut);
    const Told first = trial.first = operation.ask(*engine_, scene);
    const Passage passage = wire_.disarm();
    passage.cut ? ++tally.cut : ++tally.beyond;
    trial.between = tables(sql_, scene);
    trial.second = operation.ask(*engine_, scene);
    trial.end = tables(sql_, scene);

    if (first.done) ++tally.done;
    if (first.retry == Retry::kSafe) ++tally.safe;
    if (first.retry == Retry::kSameToken) {
      ++tally.same_token;
      if (trial.between == after) ++tally.same_token_done;
    }
    std::string wrong = contradiction(operation, trial, after);
    if (cut.blade == Blade::kStall && !first.done) wrong = "a pause has failed it: " + first.text;
    if (wrong.empty()) return;
    tally.wrong.push_back(std::string(operation.name) + ", " + in_words(cut) + ": " + wrong +
                          " (first told: " + (first.done ? "done" : first.text) + ")");
  }

  PrivateCluster cluster_{kNoDisk};
  const std::string address_;
  std::unique_ptr<Engine> direct_;
  Sql sql_;
  Guillotine wire_;
  std::unique_ptr<Engine> engine_;
  Random random_{7};
  int scenes_ = 0;
};

void check(const Tally& tally) {
  for (std::size_t i = 0; i < std::min<std::size_t>(tally.wrong.size(), 10); ++i)
    UNSCOPED_INFO(tally.wrong[i]);
  CHECK(tally.wrong.empty());
  CHECK(tally.cut > 0);
  // A few bytes may differ between two runs of one operation; no more.
  CHECK(tally.beyond <= tally.cut / 50 + 2);
}

/// Opens and migrates an empty database through the wire.
class Opening {
 public:
  enum class What { kOpen, kMigrate };

  explicit Opening(What what)
      : what_(what), address_(cluster_.create_database("shop")), sql_(address_), wire_(address_) {}

  void play() {
    empty();
    const auto [plain, bytes] = attempt({.after = INT64_MAX});
    if (!plain.done) throw std::runtime_error(plain.text);
    tally.possible = static_cast<int>(bytes.from_client + bytes.from_server);
    for (const auto at : spread(bytes.from_client, random_))
      strike(pick(Side::kClient, at, random_));
    for (const auto at : spread(bytes.from_server, random_))
      strike(pick(Side::kServer, at, random_));
  }

  Tally tally{};

 private:
  void empty() { sql_.run("DROP SCHEMA IF EXISTS holdfast CASCADE"); }

  /// The engine goes before the wire is whole again.
  std::pair<Told, Passage> attempt(const Cut& cut) {
    const bool cuts_open = what_ == What::kOpen;
    if (cuts_open) wire_.arm(cut);
    auto opened = Engine::open("postgres:" + wire_.conninfo(), kImpatient);
    if (cuts_open || !opened.ok()) {
      const Passage passage = wire_.disarm();
      if (opened.ok()) return {{.done = true}, passage};
      return {{false, opened.error().retry, describe(opened.error())}, passage};
    }
    wire_.arm(cut);
    const Told answer = told((*opened)->migrate());
    return {answer, wire_.disarm()};
  }

  /// Once every session of the library's has ended, 1 when the schema is there, whole.
  bool is_migrated() {
    while (sql_.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                      "AND pid <> pg_backend_pid() AND backend_type = 'client backend'") != "0")
      std::this_thread::sleep_for(1ms);
    const auto tables = sql_.value(
        "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('holdfast') "
        "AND relkind = 'r'");
    if (tables != "0" && tables != "7") throw std::runtime_error("half a schema: " + tables);
    return tables == "7";
  }

  void strike(const Cut& cut) {
    empty();
    const auto [first, passage] = attempt(cut);
    passage.cut ? ++tally.cut : ++tally.beyond;
    const bool is_done = is_migrated();
    const bool migrates = what_ == What::kMigrate;
    if (first.done) ++tally.done;
    if (first.retry == Retry::kSafe) ++tally.safe;
    if (first.retry == Retry::kSameToken) {
      ++tally.same_token;
      if (is_done) ++tally.same_token_done;
    }
    std::string wrong;
    if (!migrates && is_done) wrong = "open has made a schema";
    if (migrates && first.done && !is_done) wrong = "told done, and it is not";
    if (migrates && first.retry == Retry::kSafe && is_done) wrong = "told SAFE, but done";
    if (!first.done && first.retry == Retry::kNever) wrong = "told for good";
    const auto engine = migrated("postgres:" + wire_.conninfo());
    if (!unsound(*engine).empty()) wrong = unsound(*engine);
    if (!wrong.empty())
      tally.wrong.push_back(in_words(cut) + ": " + wrong +
                            " (first told: " + (first.done ? "done" : first.text) + ")");
  }

  const What what_;
  PrivateCluster cluster_{kNoDisk};
  const std::string address_;
  Sql sql_;
  Guillotine wire_;
  Random random_{8};
};

}  // namespace

TEST_CASE("wherever a connection is cut, the answer agrees with the tables", "[guillotine]") {
  NEEDS_POSTGRES();
  Campaign campaign;
  const std::string only = environment("HOLDFAST_OPERATION");
  int played = 0;
  for (const Operation& operation : operations()) {
    if (!only.empty() && only != operation.name) continue;
    campaign.play(operation);
    ++played;
  }
  campaign.tally.report(only.empty() ? std::to_string(played) + " operations" : only);
  check(campaign.tally);
  CHECK(unsound(campaign.engine()).empty());
}

TEST_CASE("wherever the connection of an open is cut, the next one opens", "[guillotine]") {
  NEEDS_POSTGRES();
  Opening opening(Opening::What::kOpen);
  opening.play();
  opening.tally.report("open");
  check(opening.tally);
}

TEST_CASE("wherever the connection of a migrate is cut, the schema is whole or absent",
          "[guillotine]") {
  NEEDS_POSTGRES();
  Opening opening(Opening::What::kMigrate);
  opening.play();
  opening.tally.report("migrate");
  check(opening.tally);
}

}  // namespace holdfast::test
