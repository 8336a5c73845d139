// Processes, not threads alone, that want the last places of a day at the same moment, day after
// day: exactly as many as there are places get one, and nobody hears anything but yes or sold out.
//
// HOLDFAST_BUDGET=20 makes it 300,000 attempts.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <sstream>

#include "backends/cluster.hpp"
#include "backends/shop.hpp"
#include "support/budget.hpp"
#include "support/figure.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kProcesses = 8;
constexpr int kCallers = 4;  // in each
constexpr int kHerd = kProcesses * kCallers;
constexpr int kDaysPerResource = 366;

/// What lets all callers of all processes go at once; it lives in a file that they share.
class Gate {
 public:
  explicit Gate(const std::string& path, bool make) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0666);
    if (fd < 0 || ::ftruncate(fd, sizeof(pthread_barrier_t)) != 0)
      throw std::runtime_error("no gate at " + path);
    void* at =
        ::mmap(nullptr, sizeof(pthread_barrier_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (at == MAP_FAILED) throw std::runtime_error("no gate in memory");
    barrier_ = static_cast<pthread_barrier_t*>(at);
    if (!make) return;
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(barrier_, &shared, kHerd);
    pthread_barrierattr_destroy(&shared);
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { ::munmap(barrier_, sizeof(pthread_barrier_t)); }

  void wait() { pthread_barrier_wait(barrier_); }

 private:
  pthread_barrier_t* barrier_;
};

/// How one day went, over all callers.
struct Count {
  int held = 0;
  int sold_out = 0;
  int other = 0;
};

std::int32_t places_of(std::size_t resource) { return static_cast<std::int32_t>(resource % 3) + 1; }

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  std::vector<std::string> out;
  for (std::string word; words >> word;) out.push_back(word);
  return out;
}

/// What the callers of one process got, day by day.
std::vector<Count> counts_of(const std::string& path, std::size_t days) {
  std::istringstream text(read_file(path));
  std::vector<Count> out(days);
  for (Count& day : out) text >> day.held >> day.sold_out >> day.other;
  if (!text) throw std::runtime_error("a process has ended early: " + read_file(path + ".out"));
  return out;
}

void stampede(const std::string& backend, const Database& db) {
  const int days = std::max(1, scaled(15'000) / kHerd);
  const auto engine = migrated(db.uri());
  std::string resources;
  for (std::size_t made = 0; made * kDaysPerResource < static_cast<std::size_t>(days); ++made)
    resources += add_resource(*engine, places_of(made), kDaysPerResource) + " ";
  const TemporaryFolder folder;
  const Gate gate(folder.path() + "/gate", true);
  std::vector<std::unique_ptr<Process>> herd;
  std::vector<std::string> results;
  for (int i = 0; i < kProcesses; ++i) {
    results.push_back(folder.path() + "/herd" + std::to_string(i));
    herd.push_back(std::make_unique<Process>(
        self("[herd_member]"), "", results.back() + ".out",
        std::vector<std::string>{"HERD_URI=" + db.uri(), "HERD_GATE=" + folder.path() + "/gate",
                                 "HERD_DAYS=" + std::to_string(days), "HERD_RESOURCES=" + resources,
                                 "HERD_RESULT=" + results.back()}));
  }
  const auto begun = Clock::now();
  for (auto& process : herd) process->wait(3000);
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();

  int over = 0;
  int under = 0;
  int other = 0;
  std::vector<Count> all(static_cast<std::size_t>(days));
  for (const auto& result : results) {
    const auto part = counts_of(result, all.size());
    for (std::size_t day = 0; day < all.size(); ++day) {
      all[day].held += part[day].held;
      all[day].sold_out += part[day].sold_out;
      all[day].other += part[day].other;
    }
  }
  for (std::size_t day = 0; day < all.size(); ++day) {
    const int places = places_of(day / kDaysPerResource);
    over += std::max(0, all[day].held - places);
    under += std::max(0, places - all[day].held);
    other += all[day].other;
  }
  report({.campaign = "herd",
          .part = backend,
          .count = days * kHerd,
          .unit = "attempts",
          .wrong = over + under + other,
          .whole = plays_whole(),
          .text = "of " + std::to_string(kProcesses) + " processes on " + std::to_string(days) +
                  " hot days of 1 to 3 places in " + std::to_string(static_cast<int>(seconds)) +
                  " s, oversold " + std::to_string(over) + ", undersold " + std::to_string(under) +
                  ", other answers " + std::to_string(other)});
  CHECK(over == 0);
  CHECK(under == 0);
  CHECK(other == 0);
  CHECK(unsound(*engine).empty());
}

}  // namespace

// Not a test of its own: one process of the herd.
TEST_CASE("a process of the herd", "[.][herd_member]") {
  const auto engine = must(Engine::open(environment("HERD_URI"), {.retry_timeout = 60s}));
  const auto resources = words_of(environment("HERD_RESOURCES"));
  const auto days = static_cast<std::size_t>(std::stoi(environment("HERD_DAYS")));
  Gate gate(environment("HERD_GATE"), false);
  std::vector<std::vector<Count>> seen(kCallers, std::vector<Count>(days));
  in_threads(kCallers, [&](int caller) {
    for (std::size_t day = 0; day < days; ++day) {
      gate.wait();
      const auto reply = engine->create_hold(hold_request(
          resources[day / kDaysPerResource], static_cast<int>(day % kDaysPerResource)));
      Count& count = seen[static_cast<std::size_t>(caller)][day];
      const bool answered = reply.ok();
      if (answered && reply->accepted()) {
        ++count.held;
      } else if (answered && reply->outcome() == Outcome::kInsufficientCapacity) {
        ++count.sold_out;
      } else {
        ++count.other;
      }
    }
  });
  std::string out;
  for (std::size_t day = 0; day < days; ++day) {
    Count sum;
    for (const auto& caller : seen) {
      sum.held += caller[day].held;
      sum.sold_out += caller[day].sold_out;
      sum.other += caller[day].other;
    }
    out += std::to_string(sum.held) + " " + std::to_string(sum.sold_out) + " " +
           std::to_string(sum.other) + "\n";
  }
  write_file(environment("HERD_RESULT"), out);
}

TEST_CASE("of a herd of processes on PostgreSQL exactly as many get a place as there are",
          "[herd]") {
  NEEDS_POSTGRES();
  stampede("PostgreSQL", Database(Backend{.name = "postgres"}));
}

TEST_CASE("of a herd of processes on SQLite exactly as many get a place as there are", "[herd]") {
  stampede("SQLite", Database(Backend{.name = "sqlite"}));
}

}  // namespace holdfast::test
