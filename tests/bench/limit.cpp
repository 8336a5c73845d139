// bench_limit: what a program without an engine does in the same transactions. One run, one JSON
// line.
//
//   bench_limit --uri URI --shop FILE --workload spread|hot --batch B [--lanes L] [--seconds S]
//               [--warmup S] [--seed N]
//
// A lane is a connection with a thread of its own that commits one batch of B holds after the
// other. SQLite has one writer, and hot has one day: both take one lane, whatever --lanes says.
#include "limit.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>

namespace holdfast::bench {

// ---- LimitBatch ---------------------------------------------------------------------------------

namespace {

constexpr int kHalf = 32;

std::uint64_t share_begin(const LimitPlan& plan, int lane) {
  if (plan.hot) return static_cast<std::uint64_t>(plan.hot_spot);
  return plan.shop.resources.size() * static_cast<std::uint64_t>(lane) /
         static_cast<std::uint64_t>(plan.lanes);
}

std::uint64_t share_size(const LimitPlan& plan, int lane) {
  return plan.hot ? 1 : share_begin(plan, lane + 1) - share_begin(plan, lane);
}

int day_of(std::uint64_t slot) { return static_cast<int>(static_cast<std::uint32_t>(slot)); }

void write_hex(std::string& out, Random& random) {
  out.resize(32);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < out.size(); ++i, bits >>= 4) {
    if (i % 16 == 0) bits = random.next();
    out[i] = "0123456789abcdef"[bits & 15];
  }
}

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

LimitBatch::LimitBatch(const LimitPlan& plan, int lane, std::uint64_t seed)
    : plan_(plan),
      first_resource_(share_begin(plan, lane)),
      resource_count_(share_size(plan, lane)),
      random_(seed * 1'000'003 + static_cast<std::uint64_t>(lane)),
      fresh_(system_entropy()),
      holds_(static_cast<std::size_t>(plan.batch)) {
  choose();
}

void LimitBatch::choose() {
  const auto starts =
      static_cast<std::uint64_t>(plan_.hot ? 1 : std::max(1, plan_.shop.days - plan_.stay + 1));
  stays_.clear();
  slots_.clear();
  for (int i = 0; i < plan_.batch; ++i) {
    const std::uint64_t resource = first_resource_ + random_.below(resource_count_);
    stays_.push_back(resource << kHalf | random_.below(starts));
    for (int day = 0; day < plan_.stay; ++day) {
      slots_.push_back(stays_.back() + static_cast<std::uint64_t>(day));
    }
  }
  std::sort(stays_.begin(), stays_.end());
  std::sort(slots_.begin(), slots_.end());
  resources_.clear();
  fill_holds();
  fill_days();
}

// The slots come ascending: a resource is either the last one or new.
int LimitBatch::place_of(std::uint64_t slot) {
  const auto resource = static_cast<int>(slot >> kHalf);
  if (resources_.empty() || resources_.back() != resource) resources_.push_back(resource);
  return static_cast<int>(resources_.size()) - 1;
}

void LimitBatch::fill_holds() {
  const std::int64_t ms = now_ms();
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    Hold& hold = holds_[i];
    hold.place = place_of(stays_[i]);
    hold.first = day_of(stays_[i]);
    hold.id.assign("hold_").append(resource(hold.place), 4).append(1, '_');
    hold.id.append(ulid(ms, fresh_));
    hold.token.assign("tok_").append(fresh_.letters(24));
    write_hex(hold.fingerprint, fresh_);
  }
}

void LimitBatch::fill_days() {
  runs_.clear();
  taken_.clear();
  int place = -1;
  std::uint64_t before = ~std::uint64_t{0};
  for (const std::uint64_t slot : slots_) {
    const int day = day_of(slot);
    if (slot == before) {
      ++taken_.back().places;
      continue;
    }
    const bool is_other = place < 0 || slot >> kHalf != before >> kHalf;
    if (is_other) ++place;
    if (is_other || slot != before + 1) runs_.push_back({place, day, day});
    runs_.back().last = day;
    taken_.push_back({place, day, day, 1});
    before = slot;
  }
  std::size_t kept = 0;
  for (std::size_t i = 1; i < taken_.size(); ++i) {
    Taken& last = taken_[kept];
    const Taken& next = taken_[i];
    if (next.place == last.place && next.first == last.last + 1 && next.places == last.places) {
      last.last = next.last;
    } else {
      taken_[++kept] = next;
    }
  }
  taken_.resize(kept + 1);
}

// ---- the measurement ----------------------------------------------------------------------------

namespace {

struct Sample {
  Clock::time_point ended;
  double latency_us;
};

bool is_sqlite(const std::string& uri) { return uri.starts_with("sqlite:"); }

LimitPlan plan_of(const Arguments& arguments) {
  const std::string workload = arguments.text("workload");
  if (workload != "spread" && workload != "hot") die("no such workload: " + workload);
  LimitPlan plan{};
  plan.shop = read_shop(arguments.text("shop"));
  plan.batch = static_cast<int>(arguments.number("batch", 50));
  plan.hot = workload == "hot";
  plan.stay = plan.hot ? 1 : plan.shop.stay;
  plan.lanes = static_cast<int>(arguments.number("lanes", 1));
  if (plan.hot || is_sqlite(arguments.text("uri"))) plan.lanes = 1;
  if (plan.batch < 1 || plan.lanes < 1) die("--batch and --lanes are at least 1");
  auto& resources = plan.shop.resources;
  if (static_cast<std::size_t>(plan.lanes) > resources.size()) die("more lanes than resources");
  const std::string hot = resources.front();
  std::sort(resources.begin(), resources.end());
  const auto spot = std::lower_bound(resources.begin(), resources.end(), hot);
  plan.hot_spot = static_cast<int>(spot - resources.begin());
  return plan;
}

struct Lane {
  Lane(const std::string& uri, const LimitPlan& plan, int number, std::uint64_t seed)
      : database(is_sqlite(uri) ? open_limit_sqlite(uri, plan) : open_limit_postgres(uri, plan)),
        batch(plan, number, seed) {
    samples.reserve(1 << 20);
  }
  void run(const std::atomic<bool>& stop) {
    while (!stop.load(std::memory_order_relaxed)) {
      const auto began = Clock::now();
      database->book(batch);
      const auto ended = Clock::now();
      samples.push_back({ended, std::chrono::duration<double, std::micro>(ended - began).count()});
    }
  }

  std::unique_ptr<LimitDatabase> database;
  LimitBatch batch;
  std::vector<Sample> samples;
};

double percentile(const std::vector<double>& ascending, double share) {
  if (ascending.empty()) return 0;
  const auto last = static_cast<double>(ascending.size() - 1);
  return ascending[static_cast<std::size_t>(share * last + 0.5)];
}

void report(const Arguments& arguments, const LimitPlan& plan, const std::deque<Lane>& lanes,
            Clock::time_point begin, Clock::time_point end, double cpu_s) {
  std::vector<double> latencies;
  std::size_t batches = 0;
  for (const Lane& lane : lanes) {
    batches += lane.samples.size();
    for (const Sample& sample : lane.samples) {
      if (sample.ended >= begin && sample.ended < end) latencies.push_back(sample.latency_us);
    }
  }
  std::sort(latencies.begin(), latencies.end());
  const auto holds = static_cast<std::size_t>(plan.batch);
  JsonLine versions;
  if (is_sqlite(arguments.text("uri"))) {
    versions.text("sqlite", limit_sqlite_version());
  } else {
    versions.text("libpq", limit_postgres_version());
  }
  versions.text("compiler", __VERSION__);
  JsonLine()
      .number("done", latencies.size() * holds)
      .number("refused", 0)
      .number("failed", 0)
      .real("seconds", std::chrono::duration<double>(end - begin).count())
      .real("p50_us", percentile(latencies, 0.50))
      .real("p95_us", percentile(latencies, 0.95))
      .real("p99_us", percentile(latencies, 0.99))
      .real("max_us", percentile(latencies, 1))
      .real("cpu_s", cpu_s)
      .number("total_done", batches * holds)
      .number("maxrss_kib", max_rss_kib())
      .number("batch_mean", plan.batch)
      .number("lanes", plan.lanes)
      .raw("versions", versions.str())
      .print();
}

int main_of(const Arguments& arguments) {
  const LimitPlan plan = plan_of(arguments);
  const std::string uri = arguments.text("uri");
  const auto seed = static_cast<std::uint64_t>(arguments.number("seed", 1));
  std::deque<Lane> lanes;
  for (int i = 0; i < plan.lanes; ++i) lanes.emplace_back(uri, plan, i, seed);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (Lane& lane : lanes) threads.emplace_back([&] { lane.run(stop); });
  std::this_thread::sleep_for(std::chrono::duration<double>(arguments.real("warmup", 1)));
  const double cpu_before = cpu_seconds();
  const auto begin = Clock::now();
  const auto length = std::chrono::duration<double>(arguments.real("seconds", 3));
  const auto end = begin + std::chrono::duration_cast<Clock::duration>(length);
  std::this_thread::sleep_until(end);
  const double cpu_s = cpu_seconds() - cpu_before;
  stop = true;
  for (auto& thread : threads) thread.join();
  report(arguments, plan, lanes, begin, end, cpu_s);
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::main_of(holdfast::bench::Arguments(argc, argv, 1));
}
