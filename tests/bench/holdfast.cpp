// bench_holdfast: Holdfast as a measured system. One run, one JSON line.
//
//   bench_holdfast --uri URI --shop FILE --workload W [--api cpp|c] [--callers N] [--seconds S]
//                  [--warmup S] [--seed N] [--lanes N] [--due-at US] [--holds N]
//
// W is spread, hot, confirm, release, check or search; or
//   cleanup     bookings as in spread, alone for S seconds; then, from the instant --due-at (see
//               `bench_shop due`) on, beside a sweep of all holds that are due at that instant
//   initialize  the file's days for each of its resources, which have none yet
//   memory      the resident set of this process at rest, busy, and after --holds holds
#include "holdfast/engine.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "holdfast/version.hpp"
#include "host.hpp"

namespace holdfast::bench {

Load::Load(Shop what, Workload kind, int how_many, std::uint64_t from, bool keep)
    : shop(std::move(what)),
      workload(kind),
      callers(how_many),
      seed(from),
      token_seed(system_entropy()),
      keep_samples(keep),
      tallies(static_cast<std::size_t>(how_many)) {
  if (!keep) return;
  // What is never touched costs no memory.
  for (auto& tally : tallies) tally.samples.reserve(2'000'000 / tallies.size());
}

void Load::record(Tally& tally, Clock::time_point began, Answered answered) {
  auto& count = answered == Answered::kAccepted  ? tally.done
                : answered == Answered::kRefused ? tally.refused
                                                 : tally.failed;
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (!keep_samples || answered == Answered::kFailed) return;
  const auto now = Clock::now();
  tally.samples.push_back({now, now - began, answered == Answered::kAccepted});
}

std::int64_t Load::total(std::atomic<std::int64_t> Tally::*count) const {
  std::int64_t sum = 0;
  for (const auto& tally : tallies) sum += (tally.*count).load(std::memory_order_relaxed);
  return sum;
}

Chooser::Chooser(const Load& load, int caller)
    : load_(load),
      random_(load.seed * 1'000'003 + static_cast<std::uint64_t>(caller)),
      fresh_(load.token_seed + (static_cast<std::uint64_t>(caller) << 32)) {}

Chooser::Stay Chooser::within(int days) {
  const Shop& shop = load_.shop;
  const auto starts = static_cast<std::uint64_t>(std::max(1, shop.days - days + 1));
  const auto& resource = shop.resources[random_.below(shop.resources.size())];
  return {&resource, shop.first_day + std::chrono::days(random_.below(starts)), days};
}

Chooser::Stay Chooser::stay() {
  const Shop& shop = load_.shop;
  if (load_.workload == Workload::kHot) return {&shop.resources[0], shop.first_day, 1};
  return within(shop.stay);
}

Chooser::Stay Chooser::month() { return within(kMonth); }

void complain(const std::string& what) {
  static std::atomic<int> said{0};
  if (said.fetch_add(1) < 5) std::fprintf(stderr, "bench_holdfast: %s\n", what.c_str());
}

namespace {

struct Run {
  explicit Run(const Arguments& from)
      : arguments(from),
        shop(read_shop(from.text("shop"))),
        uri(from.text("uri")),
        callers(static_cast<int>(from.number("callers", 100))),
        seed(static_cast<std::uint64_t>(from.number("seed", 1))),
        lanes(static_cast<int>(from.number("lanes", 0))),
        warmup(from.real("warmup", 1)),
        seconds(from.real("seconds", 3)) {}

  std::unique_ptr<Host> open() const {
    const std::string api = arguments.text("api", "cpp");
    if (api != "cpp" && api != "c") die("--api is cpp or c");
    return api == "c" ? open_draining(uri, lanes) : open_blocking(uri, lanes);
  }

  const Arguments& arguments;
  const Shop shop;
  const std::string uri;
  const int callers;
  const std::uint64_t seed;
  const int lanes;
  const std::chrono::duration<double> warmup;
  const std::chrono::duration<double> seconds;
};

struct Window {
  Clock::time_point begin;
  Clock::time_point end;
  double cpu_s = 0;
  Batches batches;
};

// Sleeps until `end`; what the process used from now on is the window's.
Window watch(Host& host, Clock::time_point end) {
  Window window{Clock::now(), end, cpu_seconds(), host.batches()};
  std::this_thread::sleep_until(end);
  window.cpu_s = cpu_seconds() - window.cpu_s;
  const Batches after = host.batches();
  window.batches = {after.batches - window.batches.batches,
                    after.commands - window.batches.commands};
  return window;
}

Clock::duration of(std::chrono::duration<double> seconds) {
  return std::chrono::duration_cast<Clock::duration>(seconds);
}

struct Summary {
  std::int64_t done = 0;
  std::int64_t refused = 0;
  std::vector<double> latencies_us;  ///< ascending

  double percentile(double share) const {
    if (latencies_us.empty()) return 0;
    const auto last = static_cast<double>(latencies_us.size() - 1);
    return latencies_us[static_cast<std::size_t>(share * last + 0.5)];
  }
};

Summary summarize(const Load& load, const Window& window) {
  Summary summary;
  for (const auto& tally : load.tallies) {
    for (const auto& sample : tally.samples) {
      if (sample.ended < window.begin || sample.ended >= window.end) continue;
      ++(sample.accepted ? summary.done : summary.refused);
      summary.latencies_us.push_back(static_cast<double>(sample.latency.count()) / 1e3);
    }
  }
  std::sort(summary.latencies_us.begin(), summary.latencies_us.end());
  return summary;
}

std::string versions() {
  JsonLine json;
  json.text("holdfast", HOLDFAST_VERSION).text("compiler", __VERSION__);
  return json.str();
}

JsonLine report(const Load& load, const Window& window) {
  const Summary summary = summarize(load, window);
  JsonLine json;
  json.number("done", summary.done).number("refused", summary.refused);
  json.number("failed", load.total(&Tally::failed));
  json.real("seconds", std::chrono::duration<double>(window.end - window.begin).count());
  json.real("p50_us", summary.percentile(0.50)).real("p95_us", summary.percentile(0.95));
  json.real("p99_us", summary.percentile(0.99)).real("max_us", summary.percentile(1));
  json.real("cpu_s", window.cpu_s).number("total_done", load.total(&Tally::done));
  json.number("total_refused", load.total(&Tally::refused)).number("maxrss_kib", max_rss_kib());
  if (window.batches.batches > 0) {
    json.real("batch_mean", static_cast<double>(window.batches.commands) /
                                static_cast<double>(window.batches.batches));
  } else {
    json.raw("batch_mean", "null");
  }
  json.raw("versions", versions());
  return json;
}

void measure(const Run& run, Workload workload) {
  const auto host = run.open();
  Load load(run.shop, workload, run.callers, run.seed, true);
  host->start(load);
  std::this_thread::sleep_for(run.warmup);
  const Window window = watch(*host, Clock::now() + of(run.seconds));
  load.stop = true;
  host->join();
  report(load, window).print();
}

double now_unix_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::micro>(now).count();
}

void measure_cleanup(const Run& run) {
  const auto host = run.open();
  if (host->engine() == nullptr) die("cleanup is measured through --api cpp");
  Load load(run.shop, Workload::kSpread, run.callers, run.seed, true);
  host->start(load);
  std::this_thread::sleep_for(run.warmup);
  const Window alone = watch(*host, Clock::now() + of(run.seconds));
  const double wait_us = static_cast<double>(run.arguments.number("due-at", 0)) - now_unix_us();
  if (wait_us < 0 && run.arguments.has("due-at")) die("due before the bookings were alone");
  std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(wait_us));
  Window during{Clock::now(), {}, 0, {}};
  const auto swept = host->engine()->cleanup_expired_holds();
  during.end = Clock::now();
  const auto metrics = host->engine()->metrics();
  load.stop = true;
  host->join();
  if (!swept.ok()) die("the sweep failed: " + swept.error().message);
  if (!metrics.ok()) die(metrics.error().message);
  const Summary beside = summarize(load, during);
  report(load, alone)
      .real("cleanup_s", std::chrono::duration<double>(during.end - during.begin).count())
      .number("swept", swept->value().expired)
      .number("expired", metrics->value().holds_expired)
      .number("during_done", beside.done)
      .real("during_p50_us", beside.percentile(0.5))
      .real("during_p99_us", beside.percentile(0.99))
      .real("during_max_us", beside.percentile(1))
      .print();
}

// Every caller takes the next resource until there is none.
void measure_initialize(const Run& run) {
  const auto host = run.open();
  if (host->engine() == nullptr) die("initialize is measured through --api cpp");
  Load load(run.shop, Workload::kSpread, run.callers, run.seed, true);
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> days{0};
  const double cpu = cpu_seconds();
  Window window{Clock::now(), {}, 0, host->batches()};
  std::vector<std::thread> threads;
  for (auto& tally : load.tallies) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < run.shop.resources.size(); i = next++) {
        const auto began = Clock::now();
        InitializeCapacity request;
        request.resource_id = run.shop.resources[i];
        request.start_date = run.shop.first_day;
        request.end_date = run.shop.first_day + std::chrono::days(run.shop.days - 1);
        request.daily_capacity = run.shop.capacity;
        const auto reply = host->engine()->initialize_capacity(std::move(request));
        const bool is_made = reply.ok() && reply->accepted();
        if (is_made) days += reply->value().days_created;
        load.record(tally, began, is_made ? Answered::kAccepted : Answered::kFailed);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  window.end = Clock::now();
  window.cpu_s = cpu_seconds() - cpu;
  const Batches after = host->batches();
  window.batches = {after.batches - window.batches.batches,
                    after.commands - window.batches.commands};
  const double seconds = std::chrono::duration<double>(window.end - window.begin).count();
  report(load, window)
      .number("days_created", days.load())
      .real("days_per_s", static_cast<double>(days.load()) / seconds)
      .print();
}

void measure_memory(const Run& run) {
  const std::int64_t target = run.arguments.number("holds", 1'000'000);
  JsonLine json;
  json.number("rss_before_kib", rss_kib());
  const auto host = run.open();
  host->batches();
  json.number("rss_rest_kib", rss_kib());
  Load load(run.shop, Workload::kSpread, run.callers, run.seed, false);
  Window window{Clock::now(), {}, cpu_seconds(), host->batches()};
  host->start(load);
  std::int64_t busy = 0;
  std::int64_t early = 0;
  while (load.total(&Tally::done) < target && load.total(&Tally::failed) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    busy = std::max(busy, rss_kib());
    if (early == 0 && load.total(&Tally::done) >= target / 10) early = rss_kib();
  }
  json.number("rss_tenth_kib", early).number("rss_busy_kib", busy);
  json.number("rss_last_kib", rss_kib());
  window.end = Clock::now();
  window.cpu_s = cpu_seconds() - window.cpu_s;
  load.stop = true;
  host->join();
  json.number("rss_after_kib", rss_kib()).number("total_done", load.total(&Tally::done));
  json.number("done", load.total(&Tally::done)).number("refused", load.total(&Tally::refused));
  json.number("failed", load.total(&Tally::failed)).number("maxrss_kib", max_rss_kib());
  json.real("seconds", std::chrono::duration<double>(window.end - window.begin).count());
  json.real("cpu_s", window.cpu_s).raw("versions", versions()).print();
}

int main_of(const Arguments& arguments) {
  static const std::map<std::string, Workload> kWorkloads = {
      {"spread", Workload::kSpread},   {"hot", Workload::kHot},     {"confirm", Workload::kConfirm},
      {"release", Workload::kRelease}, {"check", Workload::kCheck}, {"search", Workload::kSearch}};
  const Run run(arguments);
  const std::string workload = arguments.text("workload");
  if (run.callers < 1) die("--callers is at least 1");
  if (workload == "cleanup") {
    measure_cleanup(run);
  } else if (workload == "initialize") {
    measure_initialize(run);
  } else if (workload == "memory") {
    measure_memory(run);
  } else if (const auto found = kWorkloads.find(workload); found != kWorkloads.end()) {
    measure(run, found->second);
  } else {
    die("no such workload: " + workload);
  }
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::main_of(holdfast::bench::Arguments(argc, argv, 1));
}
