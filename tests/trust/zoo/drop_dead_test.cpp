// A host dies at every point of variants.py, at each of its visits, in every operation that writes.
// Its successor asks again with the same token, and there must be one effect.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/budget.hpp"
#include "support/figure.hpp"
#include "switch.hpp"
#include "trust/faults/operations.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// An engine, and the storage that it owns.
struct Host {
  explicit Host(const std::string& uri) {
    StorageOptions options;
    options.lock_timeout = 10s;
    auto opened = must(open_storage(uri, options));
    storage = opened.get();
    engine = must(Engine::open(std::move(opened), {.lanes = 1, .readers = 1}));
    (void)must(engine->migrate());
  }
  Storage* storage = nullptr;
  std::unique_ptr<Engine> engine{};
};

struct Point {
  std::string name{};
  int visit = 0;
};

class Campaign {
 public:
  explicit Campaign(const std::string& uri) : uri_(uri), keeper_(uri) {}

  void play(const Operation& operation) {
    const Scene scene = prepare(*keeper_.engine, operation.needs, ++scenes_);
    std::map<std::string, int> visits;
    {
      const Host host(uri_);
      (void)zoo::passed();
      const Told plain = operation.ask(*host.engine, scene);
      visits = zoo::passed();
      if (!plain.done) throw std::runtime_error(std::string(operation.name) + ": " + plain.text);
    }
    const std::string after = rows(*keeper_.storage, scene);
    for (const auto& [name, count] : visits)
      for (int visit = 1; visit <= count; ++visit) strike(operation, {name, visit}, after);
  }

  std::string unsound_now() { return unsound(*keeper_.engine); }

  int deaths = 0;
  int done_before_death = 0;
  std::vector<std::string> wrong{};

 private:
  /// Forked, not started anew: this process has one thread, and the child uses nothing of what it
  /// inherits.
  bool dies(const Operation& operation, const Scene& scene, const Point& point) const {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no process to be had");
    if (child == 0) {
      try {
        const Host host(uri_);
        zoo::die_at(point.name, point.visit);
        (void)operation.ask(*host.engine, scene);
      } catch (const std::exception&) {
      }
      ::_exit(0);  // alive, which is what the parent complains of
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

  void strike(const Operation& operation, const Point& point, const std::string& after) {
    const Scene scene = prepare(*keeper_.engine, operation.needs, ++scenes_);
    Trial trial{.before = rows(*keeper_.storage, scene)};
    trial.first.retry = Retry::kSameToken;  // who is dead was told nothing
    const bool died = dies(operation, scene, point);
    ++deaths;
    const Host successor(uri_);
    trial.between = rows(*successor.storage, scene);
    if (trial.between == after) ++done_before_death;
    trial.second = operation.ask(*successor.engine, scene);
    trial.end = rows(*successor.storage, scene);
    std::string what = contradiction(operation, trial, after);
    if (!died) what = "it was not killed";
    if (what.empty()) return;
    wrong.push_back(std::string(operation.name) + ", " + point.name + ", visit " +
                    std::to_string(point.visit) + ": " + what);
  }

  const std::string uri_;
  Host keeper_;
  int scenes_ = 0;
};

void play_all(const std::string& uri, const std::string& what) {
  Campaign campaign(uri);
  int played = 0;
  for (const Operation& operation : operations()) {
    if (!operation.writes) continue;
    campaign.play(operation);
    ++played;
  }
  report({.campaign = "drop dead",
          .part = what,
          .count = campaign.deaths,
          .unit = "deaths",
          .wrong = std::ssize(campaign.wrong),
          .whole = true,
          .text = "in " + std::to_string(played) + " operations, done before it in " +
                  std::to_string(campaign.done_before_death)});
  for (std::size_t i = 0; i < std::min<std::size_t>(campaign.wrong.size(), 10); ++i)
    UNSCOPED_INFO(campaign.wrong[i]);
  CHECK(campaign.wrong.empty());
  CHECK(campaign.deaths > 10 * played);
  CHECK(campaign.done_before_death > played);
  CHECK(campaign.unsound_now().empty());
}

}  // namespace

TEST_CASE("wherever a host of an SQLite file dies, its successor ends in one effect", "[dead]") {
  for (const char* journal : {"persist", "wal"}) {
    INFO("journal: " << journal);
    const Database db(Backend{.name = "sqlite"});
    play_all(db.uri() + "?journal=" + journal, std::string("SQLite, ") + journal);
  }
}

TEST_CASE("wherever a host of PostgreSQL dies, its successor ends in one effect", "[dead]") {
  NEEDS_POSTGRES();
  const Database db(Backend{.name = "postgres"});
  play_all(db.uri(), "PostgreSQL");
}

}  // namespace holdfast::test
