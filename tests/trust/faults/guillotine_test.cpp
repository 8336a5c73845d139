// The connection to PostgreSQL ends after every byte that an operation sends or gets. What the
// caller is told must agree with the tables, and the same token again must end in one effect.
//
// HOLDFAST_BUDGET=20 plays every byte; less plays every nth one, from a place that the seed picks,
// and the first and the last of all that is said in one go.
#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "guillotine.hpp"
#include "operations.hpp"
#include "support/figure.hpp"
#include "support/random.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr int kStrideAtOne = 120;

// Half of a cut point's time is waiting for a server process to start, to end or to answer.
constexpr int kStands = 3;
// As many scenes as leave the tables small.
constexpr int kScenesAtMost = 200;

// The server is never killed here, and a hundred thousand scenes need not wait for its disk.
const std::vector<std::string> kNoDisk = {"fsync=off", "autovacuum=off"};

const EngineOptions kImpatient{.lanes = 1, .readers = 1, .retry_timeout = 0ms};

struct Tally {
  std::int64_t possible = 0;
  std::int64_t cut = 0;
  std::int64_t beyond = 0;  ///< the bytes were fewer than in the rehearsal
  std::int64_t done = 0;
  std::int64_t safe = 0;
  std::int64_t same_token = 0;
  std::int64_t same_token_done = 0;
  std::vector<std::string> wrong{};

  void count(const Told& told, const Passage& passage, bool is_done) {
    ++(passage.cut ? cut : beyond);
    if (told.done) ++done;
    if (told.retry == Retry::kSafe) ++safe;
    if (told.retry != Retry::kSameToken) return;
    ++same_token;
    if (is_done) ++same_token_done;
  }

  void add(const Tally& more) {
    cut += more.cut;
    beyond += more.beyond;
    done += more.done;
    safe += more.safe;
    same_token += more.same_token;
    same_token_done += more.same_token_done;
    wrong.insert(wrong.end(), more.wrong.begin(), more.wrong.end());
  }

  void report_as(const std::string& part) const {
    report({.campaign = "guillotine",
            .part = part,
            .count = cut,
            .unit = "cut points",
            .wrong = std::ssize(wrong),
            .whole = plays_whole(),
            .text = "of " + std::to_string(possible) + ", told done " + std::to_string(done) +
                    ", SAFE " + std::to_string(safe) + ", SAME_TOKEN " +
                    std::to_string(same_token) + " (" + std::to_string(same_token_done) +
                    " of them were done)"});
  }
};

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

/// A blade for each place among one speaker's `bytes`, or for a regular few.
void spread(Side speaker, std::int64_t bytes, Random& random, std::vector<Cut>& out) {
  const int step = stride(kStrideAtOne);
  const auto first = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(step)));
  for (std::int64_t at = first; at < bytes; at += step) out.push_back(pick(speaker, at, random));
}

/// Where what a speaker says in one go begins and ends, the server being there again or not: each
/// time another line of the library hears of it.
void edges(Side speaker, std::int64_t bytes, std::vector<std::int64_t> turns,
           std::vector<Cut>& out) {
  turns.push_back(bytes);
  for (std::size_t i = 1; i < turns.size(); ++i) {
    for (const std::int64_t at : {turns[i - 1], turns[i] - 1}) {
      for (const bool unreachable : {false, true})
        out.push_back({.speaker = speaker, .after = at, .unreachable = unreachable});
    }
  }
}

std::vector<Cut> cuts_of(const Passage& bytes, Random& random) {
  std::vector<Cut> out;
  spread(Side::kClient, bytes.from_client, random, out);
  spread(Side::kServer, bytes.from_server, random, out);
  if (plays_whole()) return out;
  edges(Side::kClient, bytes.from_client, bytes.turns_of_client, out);
  edges(Side::kServer, bytes.from_server, bytes.turns_of_server, out);
  return out;
}

std::string in_words(const Cut& cut) {
  return std::string(name(cut.blade)) + " after byte " + std::to_string(cut.after) + " of the " +
         (cut.speaker == Side::kClient ? "client" : "server") +
         (cut.unreachable ? ", then unreachable" : "");
}

/// All of `cuts`, by as many at a time as there are stands; each stand keeps a tally of its own.
template <class Stand, class Strike>
Tally strike_all(std::vector<std::unique_ptr<Stand>>& stands, const std::vector<Cut>& cuts,
                 Strike strike) {
  std::vector<Tally> tallies(stands.size());
  std::atomic<std::size_t> next{0};
  in_threads(static_cast<int>(stands.size()), [&](int i) {
    const auto mine = static_cast<std::size_t>(i);
    for (std::size_t at = next++; at < cuts.size(); at = next++)
      strike(*stands[mine], cuts[at], tallies[mine]);
  });
  Tally out;
  for (const Tally& tally : tallies) out.add(tally);
  return out;
}

/// A database, and an engine behind a wire to it that can be cut.
class Stand {
 public:
  explicit Stand(const std::string& address)
      : direct_(migrated("postgres:" + address, {.lanes = 1, .readers = 1})),
        sql_(address),
        tables_(sql_),
        wire_(address),
        engine_(must(Engine::open("postgres:" + wire_.conninfo(), kImpatient))) {}

  struct Whole {
    Passage bytes{};
    std::string after{};  ///< the scene's rows
  };
  /// `operation` without a cut.
  Whole play(const Operation& operation) {
    const Scene scene = rehearse(operation);
    wire_.count();
    const Told plain = operation.ask(*engine_, scene);
    const Passage bytes = wire_.disarm();
    if (!plain.done) throw std::runtime_error(std::string(operation.name) + ": " + plain.text);
    return {bytes, tables_.of(scene)};
  }

  void strike(const Operation& operation, const Cut& cut, const std::string& after, Tally& tally) {
    const Scene scene = rehearse(operation);
    Trial trial{.before = tables_.of(scene)};
    wire_.arm(cut);
    const Told first = trial.first = operation.ask(*engine_, scene);
    const Passage passage = wire_.disarm();
    trial.between = tables_.of(scene);
    trial.second = operation.ask(*engine_, scene);
    trial.end = tables_.of(scene);
    tally.count(first, passage, trial.between == after);
    std::string wrong = contradiction(operation, trial, after);
    if (cut.blade == Blade::kStall && !first.done) wrong = "a pause has failed it: " + first.text;
    if (wrong.empty()) return;
    tally.wrong.push_back(std::string(operation.name) + ", " + in_words(cut) + ": " + wrong +
                          " (first told: " + (first.done ? "done" : first.text) + ")");
  }

  std::string unsound_now() { return unsound(*direct_); }

 private:
  /// The operation once on a scene of its own, so that its statements are prepared on the
  /// connection that is cut next; then a fresh scene.
  Scene rehearse(const Operation& operation) {
    if (scenes_ % kScenesAtMost == 0) {
      sql_.run(
          "TRUNCATE holdfast.resources, holdfast.resource_capacity, holdfast.resource_holds, "
          "holdfast.resource_allocations, holdfast.resource_blackouts, holdfast.commands");
    }
    const Scene first = prepare(*direct_, operation.needs, ++scenes_);
    const Told warm = operation.ask(*engine_, first);
    if (!warm.done) throw std::runtime_error(std::string(operation.name) + ": " + warm.text);
    return prepare(*direct_, operation.needs, ++scenes_);
  }

  std::unique_ptr<Engine> direct_;
  Sql sql_;
  SceneTables tables_;
  Guillotine wire_;
  std::unique_ptr<Engine> engine_;
  int scenes_ = 0;
};

template <class Stand>
std::vector<std::unique_ptr<Stand>> stands_on(const PrivateCluster& cluster) {
  std::vector<std::unique_ptr<Stand>> out;
  for (int i = 0; i < kStands; ++i)
    out.push_back(std::make_unique<Stand>(cluster.create_database("shop" + std::to_string(i))));
  return out;
}

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
  explicit Opening(const std::string& address) : sql_(address), wire_(address) {}

  Passage play(bool cuts_open) {
    empty();
    const auto [plain, bytes] = attempt(cuts_open, {.after = INT64_MAX});
    if (!plain.done) throw std::runtime_error(plain.text);
    return bytes;
  }

  void strike(bool cuts_open, const Cut& cut, Tally& tally) {
    empty();
    const auto [first, passage] = attempt(cuts_open, cut);
    const bool is_done = is_migrated();
    tally.count(first, passage, is_done);
    std::string wrong;
    if (cuts_open && is_done) wrong = "open has made a schema";
    if (!cuts_open && first.done && !is_done) wrong = "told done, and it is not";
    if (!cuts_open && first.retry == Retry::kSafe && is_done) wrong = "told SAFE, but done";
    if (!first.done && first.retry == Retry::kNever) wrong = "told for good";
    const auto engine = migrated("postgres:" + wire_.conninfo());
    if (!unsound(*engine).empty()) wrong = unsound(*engine);
    if (!wrong.empty())
      tally.wrong.push_back(in_words(cut) + ": " + wrong +
                            " (first told: " + (first.done ? "done" : first.text) + ")");
  }

 private:
  void empty() {
    sql_.run("DROP SCHEMA IF EXISTS holdfast CASCADE");
    // A catalog that remembers thousands of schemas is slow.
    if (++emptied_ % 100 == 0) sql_.run("VACUUM");
  }

  /// The engine goes before the wire is whole again.
  std::pair<Told, Passage> attempt(bool cuts_open, const Cut& cut) {
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

  Sql sql_;
  Guillotine wire_;
  int emptied_ = 0;
};

Tally cut_openings(bool cuts_open) {
  const PrivateCluster cluster(kNoDisk);
  auto stands = stands_on<Opening>(cluster);
  const Passage bytes = stands[0]->play(cuts_open);
  Random random(8);
  Tally tally =
      strike_all(stands, cuts_of(bytes, random),
                 [&](Opening& on, const Cut& cut, Tally& to) { on.strike(cuts_open, cut, to); });
  tally.possible = bytes.from_client + bytes.from_server;
  tally.report_as(cuts_open ? "open" : "migrate");
  return tally;
}

}  // namespace

TEST_CASE("wherever a connection is cut, the answer agrees with the tables", "[guillotine]") {
  NEEDS_POSTGRES();
  const PrivateCluster cluster(kNoDisk);
  auto stands = stands_on<Stand>(cluster);
  Random random(7);
  const std::string only = environment("HOLDFAST_OPERATION");
  for (const Operation& operation : operations()) {
    if (!only.empty() && only != operation.name) continue;
    const auto whole = stands[0]->play(operation);
    Tally tally = strike_all(
        stands, cuts_of(whole.bytes, random),
        [&](Stand& on, const Cut& cut, Tally& to) { on.strike(operation, cut, whole.after, to); });
    tally.possible = whole.bytes.from_client + whole.bytes.from_server;
    tally.report_as(operation.name);
    INFO(operation.name);
    check(tally);
  }
  for (const auto& stand : stands) CHECK(stand->unsound_now().empty());
}

TEST_CASE("wherever the connection of an open is cut, the next one opens", "[guillotine]") {
  NEEDS_POSTGRES();
  check(cut_openings(true));
}

TEST_CASE("wherever the connection of a migrate is cut, the schema is whole or absent",
          "[guillotine]") {
  NEEDS_POSTGRES();
  check(cut_openings(false));
}

}  // namespace holdfast::test
