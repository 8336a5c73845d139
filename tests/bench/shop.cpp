// bench_shop: makes what there is to book, and audits what was booked.
//
//   bench_shop setup --uri URI --resources R --days D --capacity C --shop FILE
//              [--initialize 0: the days are left to be made] [--stay 3]
//   bench_shop audit --uri URI
//   bench_shop expired --uri URI --shop FILE --count N [--first R]
//              N one-day holds with a day to live, on the first R resources or all
//   bench_shop due --uri URI --in S   every ACTIVE hold is to expire then
#include "holdfast/engine.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "rows.hpp"
#include "support.hpp"

namespace holdfast::bench {
namespace {

std::unique_ptr<Engine> open(const Arguments& arguments) {
  auto opened = Engine::open(arguments.text("uri"));
  if (!opened.ok()) die(opened.error().message);
  return std::move(*opened);
}

template <class T>
T accepted(Reply<T> reply) {
  if (!reply.ok()) die(reply.error().message);
  if (!reply->accepted()) die(name(reply->outcome()) + (": " + reply->rejection().message));
  return std::move(reply->value());
}

// Many requests at once, each accepted; `visit` gets their answers in any order.
class Crowd {
 public:
  explicit Crowd(Engine& engine) : engine_(engine) {
    engine_.set_wakeup([this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      rang_ = true;
      bell_.notify_one();
    });
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() { engine_.set_wakeup({}); }

  template <class Next, class Visit>
  void run(std::size_t count, Next next, Visit visit) {
    std::size_t sent = 0;
    std::size_t answered = 0;
    while (answered < count) {
      for (; sent < count && sent - answered < 512; ++sent) {
        if (auto queued = engine_.submit(next(sent), sent); !queued) die(queued.error().message);
      }
      wait();
      for (auto batch = engine_.drain(512); !batch.empty(); batch = engine_.drain(512)) {
        for (auto& completion : batch) {
          visit(completion.tag, accepted(std::move(completion.reply)));
          ++answered;
        }
      }
    }
  }

 private:
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    bell_.wait(lock, [this] { return rang_; });
    rang_ = false;
  }

  Engine& engine_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool rang_ = false;
};

int setup(const Arguments& arguments) {
  const auto engine = open(arguments);
  accepted(engine->migrate());
  Shop shop;
  shop.resources.resize(static_cast<std::size_t>(arguments.number("resources", 200)));
  shop.first_day = first_bookable_day();
  shop.days = static_cast<int>(arguments.number("days", 365));
  shop.capacity = static_cast<int>(arguments.number("capacity", 1'000'000));
  shop.stay = static_cast<int>(arguments.number("stay", 3));
  Crowd crowd(*engine);
  crowd.run(
      shop.resources.size(),
      [](std::size_t i) {
        CreateResource request;
        request.type = "VEHICLE";
        request.name = "Vehicle " + std::to_string(i + 1);
        return Request(std::move(request));
      },
      [&](std::size_t i, const Value& value) {
        shop.resources[i] = std::get<ResourceAnswer>(value).resource.id;
      });
  if (arguments.number("initialize", 1) != 0) {
    crowd.run(
        shop.resources.size(),
        [&](std::size_t i) {
          InitializeCapacity request;
          request.resource_id = shop.resources[i];
          request.start_date = shop.first_day;
          request.end_date = shop.first_day + std::chrono::days(shop.days - 1);
          request.daily_capacity = shop.capacity;
          return Request(std::move(request));
        },
        [](std::size_t, const Value&) {});
  }
  write_shop(arguments.text("shop"), shop);
  return 0;
}

int expired(const Arguments& arguments) {
  const auto engine = open(arguments);
  Shop shop = read_shop(arguments.text("shop"));
  const auto first = static_cast<std::size_t>(arguments.number("first", 1'000'000'000));
  shop.resources.resize(std::min(first, shop.resources.size()));
  const auto count = static_cast<std::size_t>(arguments.number("count", 100'000));
  Crowd(*engine).run(
      count,
      [&](std::size_t i) {
        const auto day = static_cast<std::int64_t>(i / shop.resources.size());
        CreateHold request;
        request.resource_id = shop.resources[i % shop.resources.size()];
        request.dates = {shop.first_day + std::chrono::days(day % shop.days)};
        request.customer_email = "guest@example.com";
        request.ttl = std::chrono::hours(24);
        return Request(std::move(request));
      },
      [](std::size_t, const Value&) {});
  JsonLine().number("holds", count).print();
  return 0;
}

int audit(const Arguments& arguments) {
  const auto engine = open(arguments);
  const VerifyAnswer verified = accepted(engine->verify());
  const Counts counts = count_rows(arguments.text("uri"));
  for (std::size_t i = 0; i < verified.violations.size() && i < 5; ++i) {
    const Violation& found = verified.violations[i];
    std::fprintf(stderr, "%s %s: %s\n", found.rule.c_str(), found.resource_id.c_str(),
                 found.detail.c_str());
  }
  std::int64_t holds = 0;
  JsonLine by_status;
  for (const auto& [status, count] : counts.holds) {
    holds += count;
    by_status.number(status, count);
  }
  JsonLine()
      .number("violations", verified.violations.size())
      .number("holds", holds)
      .number("allocations", counts.allocations)
      .number("resources", verified.resources)
      .number("days", verified.days)
      .raw("by_status", by_status.str())
      .print();
  return 0;
}

int due(const Arguments& arguments) {
  const auto at = make_due(arguments.text("uri"), arguments.real("in", 5));
  JsonLine().number("due_at_us", at).print();
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const std::string what = argc > 1 ? argv[1] : "";
  const Arguments arguments(argc, argv, 2);
  if (what == "setup") return setup(arguments);
  if (what == "audit") return audit(arguments);
  if (what == "expired") return expired(arguments);
  if (what == "due") return due(arguments);
  die("bench_shop setup|audit|expired|due --uri URI ...");
}
