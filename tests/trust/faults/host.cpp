#include "host.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "backends/shop.hpp"
#include "support/random.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kDays = 10;

/// Whole lines, each in one write: a SIGKILL leaves what was written, and cuts none in two.
class Ledger {
 public:
  explicit Ledger(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger() { ::close(fd_); }

  void write(const std::string& line) const {
    const std::string whole = line + "\n";
    if (::write(fd_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
      throw std::runtime_error("the ledger cannot be written");
  }

 private:
  int fd_;
};

/// One of a host's threads.
class Clerk {
 public:
  Clerk(Engine& engine, const Ledger& ledger, std::string resource, std::string name,
        std::uint64_t stream)
      : engine_(engine),
        ledger_(ledger),
        resource_(std::move(resource)),
        name_(std::move(name)),
        random_(stream) {}

  /// Asks until there is an answer. What is no answer and allows no second try ends the host.
  template <class Ask>
  auto settle(const std::string& what, Ask ask) {
    ledger_.write("? " + what + " -");
    const auto deadline = Clock::now() + 60s;
    for (;;) {
      auto reply = ask();
      if (reply.ok()) {
        if (reply->accepted()) return std::move(reply->value());
        throw std::runtime_error(what + ": refused: " + name(reply->outcome()));
      }
      if (reply.error().retry == Retry::kNever || Clock::now() > deadline)
        throw std::runtime_error(what + ": " + describe(reply.error()));
      std::this_thread::sleep_for(5ms);
    }
  }

  void serve(int number) {
    const std::string token = name_ + "-" + std::to_string(number);
    const int day = static_cast<int>(random_.below(kDays));
    const auto made = settle(
        "hold " + token, [&] { return engine_.create_hold(hold_request(resource_, day, token)); });
    ledger_.write("+ hold " + token + " " + made.hold.id);
    const std::string& id = made.hold.id;
    const auto fate = random_.below(4);
    if (fate == 0) return;
    if (fate == 1) {
      (void)settle("release " + id, [&] { return engine_.release_hold({.hold_id = id}); });
      return ledger_.write("+ release " + id + " -");
    }
    const auto booked = settle("confirm " + id, [&] {
      return engine_.confirm_hold({.hold_id = id, .order_id = "order-" + token});
    });
    ledger_.write("+ confirm " + id + " " + booked.allocation.id);
    if (fate == 2) return;
    const std::string allocation = booked.allocation.id;
    (void)settle("cancel " + allocation,
                 [&] { return engine_.cancel_allocation({.allocation_id = allocation}); });
    ledger_.write("+ cancel " + allocation + " -");
  }

 private:
  Engine& engine_;
  const Ledger& ledger_;
  const std::string resource_;
  const std::string name_;
  Random random_;
};

std::unique_ptr<Engine> open_patiently(const std::string& uri, const EngineOptions& options) {
  const auto deadline = Clock::now() + 60s;
  for (;;) {
    auto opened = Engine::open(uri, options);
    if (opened.ok()) return std::move(*opened);
    if (opened.error().retry == Retry::kNever || Clock::now() > deadline)
      throw std::runtime_error("open: " + describe(opened.error()));
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace

// Not a test of its own: what a Host runs.
TEST_CASE("a host of the campaigns", "[.][host]") {
  const std::string path = environment("HOST_LEDGER");
  const Ledger ledger(path);
  try {
    LogLines log;
    const auto engine =
        open_patiently(environment("HOST_URI"), {.retry_timeout = 0ms, .log = log.function()});
    ledger.write("opened " + log.text().substr(0, log.text().find('\n')));
    std::atomic<bool> stopping{false};
    in_threads(4, [&](int thread) {
      const std::string host = environment("HOST_NAME");
      Clerk clerk(*engine, ledger, environment("HOST_RESOURCE"),
                  host + "-" + std::to_string(thread),
                  std::hash<std::string>{}(host) + static_cast<unsigned>(thread));
      try {
        for (int number = 0; !stopping; ++number) {
          clerk.serve(number);
          if (thread == 0 && std::filesystem::exists(path + ".stop")) stopping = true;
        }
      } catch (...) {
        stopping = true;  // one clerk that cannot go on is enough to close
        throw;
      }
    });
    ledger.write("stopped");
  } catch (const std::exception& e) {
    ledger.write(std::string("! ") + e.what());
    throw;
  }
}

// ---- Host ---------------------------------------------------------------------------------------

Host::Host(const std::string& name, const std::string& uri, const std::string& resource,
           const std::string& ledger, std::vector<std::string> environment)
    : ledger_(ledger) {
  environment.insert(environment.end(),
                     {"HOST_NAME=" + name, "HOST_URI=" + uri, "HOST_RESOURCE=" + resource,
                      "HOST_LEDGER=" + ledger, "HOLDFAST_SEED=" + std::to_string(run_seed())});
  process_ = std::make_unique<Process>(self("[host]"), "", ledger + ".out", environment);
}

std::size_t Host::answers() const {
  const std::string text = read_file(ledger_);
  std::size_t out = text.starts_with("+") ? 1 : 0;
  for (auto at = text.find("\n+"); at != std::string::npos; at = text.find("\n+", at + 1)) ++out;
  return out;
}

void Host::wait_for(std::size_t more, std::chrono::seconds at_most) {
  const auto goal = answers() + more;
  const auto deadline = Clock::now() + at_most;
  while (answers() < goal) {
    if (!process_->running() || Clock::now() > deadline)
      throw std::runtime_error("the host makes no progress: " + read_file(ledger_ + ".out"));
    std::this_thread::sleep_for(10ms);
  }
}

void Host::kill() {
  process_->signal(SIGKILL);
  process_->wait(10);
}

void Host::stop() {
  write_file(ledger_ + ".stop", "");
  if (process_->wait(90) != 0)
    throw std::runtime_error("the host has ended badly: " + read_file(ledger_ + ".out"));
}

// ---- the audit ----------------------------------------------------------------------------------

namespace {

/// What one hold or allocation should be, as far as the ledgers know.
struct Claims {
  bool confirm_asked = false;
  bool release_asked = false;
  bool released = false;
  bool cancel_asked = false;
  bool cancelled = false;
  std::string allocation{};  ///< told by a confirm
};

struct Books {
  std::map<std::string, std::string> tokens{};  ///< asked; with the hold's id once it was told
  std::map<std::string, Claims> by_id{};        ///< of holds and of allocations
  int asked = 0;
};

void enter(Books& books, Audit& out, const std::string& line) {
  std::istringstream words(line);
  std::string mark;
  std::string what;
  std::string about;
  std::string got;
  words >> mark >> what >> about >> got;
  const bool told = mark == "+";
  if (mark == "!") out.wrong.push_back(line);
  if (mark != "?" && !told) return;
  told ? ++out.acknowledged : ++books.asked;
  if (what == "hold") {
    std::string& id = books.tokens[about];
    if (told) id = got;
    return;
  }
  Claims& claims = books.by_id[about];
  if (what == "confirm") claims.confirm_asked = true;
  if (what == "confirm" && told) claims.allocation = got;
  if (what == "release") (told ? claims.released : claims.release_asked) = true;
  if (what == "cancel") (told ? claims.cancelled : claims.cancel_asked) = true;
}

template <class Row, class Ask>
std::vector<Row> all_pages(Ask ask) {
  std::vector<Row> out;
  std::string after;
  do {
    auto page = ask(after);
    std::move(page.items.begin(), page.items.end(), std::back_inserter(out));
    after = page.next;
  } while (!after.empty());
  return out;
}

void check_hold(const Hold& hold, const Claims& claims, Audit& out) {
  const bool active = hold.status == HoldStatus::kActive;
  const bool confirmed = hold.status == HoldStatus::kConfirmed;
  const bool released = hold.status == HoldStatus::kReleased;
  if (!claims.allocation.empty() && !confirmed) out.lost.push_back(hold.id + " was confirmed");
  if (claims.released && !released) out.lost.push_back(hold.id + " was released");
  if (confirmed && !claims.confirm_asked) out.wrong.push_back(hold.id + ": confirmed unasked");
  if (released && !claims.release_asked) out.wrong.push_back(hold.id + ": released unasked");
  if (!active && !confirmed && !released) out.wrong.push_back(hold.id + ": expired");
  const bool open_question = (claims.confirm_asked && claims.allocation.empty()) ||
                             (claims.release_asked && !claims.released);
  if (open_question && !active) ++out.in_doubt_done;
}

void check_allocations(const std::vector<Allocation>& rows, const Books& books, Audit& out) {
  std::map<std::string, int> of_hold;
  std::map<std::string, const Allocation*> by_id;
  for (const auto& row : rows) {
    by_id[row.id] = &row;
    if (++of_hold[row.hold_id] > 1) out.wrong.push_back(row.hold_id + ": booked twice");
    const auto found = books.by_id.find(row.id);
    const Claims claims = found == books.by_id.end() ? Claims{} : found->second;
    const bool cancelled = row.status == AllocationStatus::kCancelled;
    if (claims.cancelled && !cancelled) out.lost.push_back(row.id + " was cancelled");
    if (cancelled && !claims.cancel_asked) out.wrong.push_back(row.id + ": cancelled unasked");
    if (cancelled && !claims.cancelled) ++out.in_doubt_done;
  }
  for (const auto& [id, claims] : books.by_id)
    if (!claims.allocation.empty() && by_id.count(claims.allocation) == 0)
      out.lost.push_back(claims.allocation + " of " + id);
}

}  // namespace

Audit audit(Engine& engine, const std::string& resource, const std::vector<std::string>& ledgers) {
  Audit out;
  Books books;
  for (const auto& path : ledgers) {
    std::istringstream text(read_file(path));
    for (std::string line; std::getline(text, line);) enter(books, out, line);
  }
  out.in_doubt = books.asked - out.acknowledged;

  const auto holds = all_pages<Hold>([&](const std::string& after) {
    return accepted(
        engine.list_holds({.resource_id = resource, .limit = bounds::kPageMax, .after = after}));
  });
  std::map<std::string, std::string> found;  // token: id
  for (const Hold& hold : holds) {
    if (!found.emplace(hold.idempotency_token, hold.id).second)
      out.wrong.push_back(hold.idempotency_token + ": held twice");
    const auto asked = books.tokens.find(hold.idempotency_token);
    if (asked == books.tokens.end()) out.wrong.push_back(hold.id + ": nobody asked for it");
    if (asked != books.tokens.end() && asked->second.empty()) ++out.in_doubt_done;
    const auto claims = books.by_id.find(hold.id);
    check_hold(hold, claims == books.by_id.end() ? Claims{} : claims->second, out);
  }
  for (const auto& [token, id] : books.tokens)
    if (!id.empty() && found[token] != id) out.lost.push_back(id + " of " + token);

  check_allocations(all_pages<Allocation>([&](const std::string& after) {
                      return accepted(engine.list_allocations(
                          {.resource_id = resource, .limit = bounds::kPageMax, .after = after}));
                    }),
                    books, out);
  if (const auto unsure = unsound(engine); !unsure.empty()) out.wrong.push_back(unsure);
  return out;
}

}  // namespace holdfast::test
