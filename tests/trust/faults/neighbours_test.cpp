// Hosts and machines that nobody would wish for: a disk that fills up, a file that may grow no
// further, another program at work on the same file. The answer has its class, and what was not
// done leaves nothing behind.
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "backends/cluster.hpp"
#include "backends/shop.hpp"
#include "host.hpp"
#include "support/budget.hpp"
#include "support/figure.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPlenty = 1'000'000;

/// A small disk of its own; only root can have one.
class SmallDisk {
 public:
  SmallDisk(const std::string& size, const std::string& user) : folder_(user) {
    mounted_ = ::geteuid() == 0 && ::mount("tmpfs", path().c_str(), "tmpfs", 0,
                                           ("size=" + size + ",mode=777").c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return folder_.path(); }

  /// Takes all but `left` bytes.
  void fill(std::uintmax_t left) {
    const auto space = std::filesystem::space(path()).available;
    if (space > left) write_file(path() + "/ballast", std::string(space - left, 'x'));
  }
  void empty() { std::filesystem::remove(path() + "/ballast"); }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
};

/// No file of this process may grow beyond `bytes`.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

struct Scarcity {
  int booked = 0;
  int failed = 0;
  std::vector<std::string> wrong{};
};

/// Books with growing tokens until `failures` of them have failed.
Scarcity book_until_full(Engine& engine, const std::string& resource, int failures) {
  Scarcity out;
  for (int i = 0; i < 20'000 && out.failed < failures; ++i) {
    auto request = hold_request(resource, 0, "scarce-" + std::to_string(i));
    request.holder = std::string(200, 'h');
    const auto reply = engine.create_hold(request);
    if (reply.ok()) {
      ++out.booked;
      continue;
    }
    ++out.failed;
    if (reply.error().retry == Retry::kNever) out.wrong.push_back(describe(reply.error()));
  }
  return out;
}

/// With room again every token is carried out, once each, and nothing was left behind.
void check_recovered(Engine& engine, const std::string& resource, const Scarcity& before,
                     const std::string& what) {
  for (const auto& line : before.wrong) UNSCOPED_INFO(line);
  CHECK(before.wrong.empty());
  CHECK(before.failed > 0);
  CHECK(kPlenty - available(engine, resource) >= before.booked);
  const int tokens = before.booked + before.failed;
  int replayed = 0;
  for (int i = 0; i < tokens; ++i) {
    auto request = hold_request(resource, 0, "scarce-" + std::to_string(i));
    request.holder = std::string(200, 'h');
    replayed += accepted(engine.create_hold(request)).replayed ? 1 : 0;
  }
  CHECK(replayed >= before.booked);
  CHECK(available(engine, resource) == kPlenty - tokens);
  CHECK(unsound(engine).empty());
  report({.campaign = "neighbours",
          .part = what,
          .count = tokens,
          .unit = "answers",
          .wrong = std::ssize(before.wrong),
          .whole = true,
          .text = std::to_string(before.booked) + " booked, " + std::to_string(before.failed) +
                  " told to try again, each once after it"});
}

}  // namespace

TEST_CASE("SQLite on a disk that fills up answers safely, and goes on when there is room",
          "[neighbours]") {
  for (const std::string journal : {"persist", "wal"}) {
    INFO("journal: " << journal);
    SmallDisk disk("4m", "");
    if (!disk.mounted()) {
      WARN("left out: only root can mount a small disk");
      return;
    }
    const auto engine =
        migrated("sqlite:" + disk.path() + "/shop.db?journal=" + journal, {.retry_timeout = 0ms});
    const std::string resource = add_resource(*engine, kPlenty);
    hold(*engine, resource, 1);
    disk.fill(200'000);
    const auto scarce = book_until_full(*engine, resource, 20);
    disk.empty();
    check_recovered(*engine, resource, scarce, "SQLite, " + journal + ", disk full");
  }
}

TEST_CASE("an SQLite file that may grow no further is a failure that can be tried again",
          "[neighbours]") {
  for (const std::string journal : {"persist", "wal"}) {
    INFO("journal: " << journal);
    const Database db(Backend{.name = "sqlite"});
    const auto engine = migrated(db.uri() + "?journal=" + journal, {.retry_timeout = 0ms});
    const std::string resource = add_resource(*engine, kPlenty);
    hold(*engine, resource, 1);
    Scarcity scarce;
    {
      const FileLimit limit(400'000);
      scarce = book_until_full(*engine, resource, 20);
    }
    check_recovered(*engine, resource, scarce, "SQLite, " + journal + ", file size limit");
  }
}

TEST_CASE("another program at work on the SQLite file costs time and nothing else",
          "[neighbours]") {
  for (const std::string journal : {"persist", "wal"}) {
    INFO("journal: " << journal);
    const Database db(Backend{.name = "sqlite"});
    const std::string uri = db.uri() + "?journal=" + journal;
    const auto engine = migrated(uri);
    const std::string resource = add_resource(*engine, kPlenty);
    const TemporaryFolder folder;
    const double seconds = std::chrono::duration<double>(scaled(2000ms)).count();
    Process stranger({"python3", TRUST_FOREIGN_WRITER, db.address(), std::to_string(seconds)}, "",
                     folder.path() + "/stranger");
    Host host("h", uri, resource, folder.path() + "/h");
    CHECK(stranger.wait(static_cast<int>(seconds) + 60) == 0);
    host.wait_for(1);
    host.stop();
    const auto found = audit(*engine, resource, {host.ledger()});
    for (const auto& line : found.wrong) UNSCOPED_INFO(line);
    CHECK(found.lost.empty());
    CHECK(found.wrong.empty());
    std::string said = read_file(folder.path() + "/stranger");
    INFO(said);
    const int theirs = std::atoi(said.c_str());
    CHECK(theirs > 0);
    report({.campaign = "neighbours",
            .part = "SQLite, " + journal + ", a stranger",
            .count = found.acknowledged,
            .unit = "answers",
            .wrong = std::ssize(found.lost) + std::ssize(found.wrong),
            .whole = plays_whole(),
            .text = std::to_string(theirs) + " transactions of the stranger's"});
  }
}

TEST_CASE("PostgreSQL on a disk that fills up answers safely, and goes on when there is room",
          "[neighbours]") {
  NEEDS_POSTGRES();
  SmallDisk disk("24m", "postgres");
  if (!disk.mounted()) {
    WARN("left out: only root can mount a small disk");
    return;
  }
  const std::string space = disk.path() + "/space";
  std::filesystem::create_directory(space);
  const TemporaryFolder notes;
  Process give({"chown", "postgres", space}, "", notes.path() + "/chown");
  REQUIRE(give.wait(10) == 0);
  PrivateCluster cluster({"autovacuum=off"});
  Sql admin(cluster.conninfo());
  admin.run("CREATE TABLESPACE small LOCATION '" + space + "'");
  admin.run("CREATE DATABASE shop TABLESPACE small");
  const auto engine = migrated("postgres:" + cluster.conninfo("shop"), {.retry_timeout = 0ms});
  const std::string resource = add_resource(*engine, kPlenty);
  hold(*engine, resource, 1);
  disk.fill(300'000);
  const auto scarce = book_until_full(*engine, resource, 20);
  disk.empty();
  check_recovered(*engine, resource, scarce, "PostgreSQL, disk full");
}

}  // namespace holdfast::test
