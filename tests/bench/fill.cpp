// bench_fill: a shop with a past. PostgreSQL only, an empty database.
//
//   bench_fill --uri postgres://... --shop FILE --resources R --holds H [--days 365]
//              [--capacity 1000000] [--booked 200 | all] [--past-days 365] [--seed N]
//
// H holds over the last --past-days days, in the order in which they were made: 45 of 100 EXPIRED,
// 15 RELEASED, 40 CONFIRMED, a tenth of whose allocations are CANCELLED since. Capacity counts
// them. FILE names the first --booked resources.
#include <algorithm>
#include <cstdio>

#include "copy.hpp"
#include "holdfast/engine.hpp"
#include "support.hpp"

namespace holdfast::bench {
namespace {

using std::chrono::days;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr int kStayMax = 4;

std::string zone_text(std::int64_t unix_ms) {
  return to_string(Instant(std::chrono::milliseconds(unix_ms)));
}

class Filler {
 public:
  explicit Filler(const Arguments& arguments)
      : uri_(arguments.text("uri")),
        past_days_(static_cast<int>(arguments.number("past-days", 365))),
        holds_(arguments.number("holds", 10'000)),
        random_(static_cast<std::uint64_t>(arguments.number("seed", 1))),
        today_(today()) {
    shop_.resources.resize(static_cast<std::size_t>(arguments.number("resources", 200)));
    shop_.first_day = first_bookable_day();
    shop_.days = static_cast<int>(arguments.number("days", 365));
    shop_.capacity = static_cast<int>(arguments.number("capacity", 1'000'000));
    taken_.resize(shop_.resources.size() * static_cast<std::size_t>(past_days_));
    for (int i = past_days_; i > 0; --i) past_.push_back(to_string(today_ - days(i)));
  }

  void run() {
    Postgres postgres(uri_);
    IndexHoliday holiday(postgres, {"resource_capacity", "resource_holds", "resource_allocations"});
    fill_resources();
    fill_holds();
    say("holds");
    fill_capacity();
    say("capacity");
    holiday.restore();
    say("indexes");
    postgres.run("VACUUM ANALYZE");
    postgres.run("CHECKPOINT");
    say("vacuum");
  }

  Shop booked(const std::string& how_many) const {
    Shop shop = shop_;
    if (how_many != "all") {
      const auto most = static_cast<std::size_t>(std::max(1, std::atoi(how_many.c_str())));
      shop.resources.resize(std::min(most, shop.resources.size()));
    }
    return shop;
  }

 private:
  void say(const char* part) const {
    std::fprintf(stderr, "bench_fill: %s after %.1f s\n", part,
                 std::chrono::duration<double>(Clock::now() - began_).count());
  }

  std::int64_t midnight_ms(int day) const {
    return (today_ - days(past_days_ - day)).time_since_epoch().count() * kDayMs;
  }

  void fill_resources() {
    CopyStream rows(uri_, "holdfast.resources");
    const std::int64_t made_ms = midnight_ms(0) - kDayMs;
    const std::string made = zone_text(made_ms);
    int number = 0;
    for (auto& id : shop_.resources) {
      id = "res_" + ulid(made_ms, random_);
      rows.field(id).field("VEHICLE").field("Vehicle " + std::to_string(++number)).field("");
      rows.field("{}").field("Australia/Brisbane").field("t").field(made).field(made).null();
      rows.end_row();
    }
    rows.finish();
  }

  struct Past {
    std::size_t resource;
    int first;  ///< of the past days
    int stay;
    std::int64_t made_ms;
    std::string hold_id;
    std::string dates;
  };

  // Made on some day of the past, for a day up to a month later that is past too.
  Past choose(std::int64_t number) {
    Past past;
    past.resource = random_.below(shop_.resources.size());
    const std::int64_t span = (past_days_ - kStayMax) * kDayMs;
    past.made_ms = midnight_ms(0) + span / holds_ * number;
    past.stay = 1 + static_cast<int>(random_.below(kStayMax));
    const auto made_day = static_cast<int>((past.made_ms - midnight_ms(0)) / kDayMs);
    const int room = std::min(kMonthAhead, past_days_ - kStayMax - made_day);
    past.first =
        made_day + static_cast<int>(random_.below(static_cast<std::uint64_t>(std::max(1, room))));
    past.hold_id =
        "hold_" + shop_.resources[past.resource].substr(4) + "_" + ulid(past.made_ms, random_);
    for (int i = 0; i < past.stay; ++i) {
      past.dates += (i == 0 ? "{" : ",") + past_[static_cast<std::size_t>(past.first + i)];
    }
    past.dates += "}";
    return past;
  }

  void fill_holds() {
    CopyStream holds(uri_, "holdfast.resource_holds");
    CopyStream allocations(uri_, "holdfast.resource_allocations");
    for (std::int64_t i = 0; i < holds_; ++i) {
      const Past past = choose(i);
      const std::uint64_t dice = random_.below(100);
      const char* status = dice < 45 ? "EXPIRED" : dice < 60 ? "RELEASED" : "CONFIRMED";
      const std::int64_t after_ms = 60'000 + static_cast<std::int64_t>(random_.below(1'700'000));
      const std::int64_t ended_ms = past.made_ms + (dice < 45 ? 1'860'000 : after_ms);
      holds.field(shop_.resources[past.resource]).field(past.hold_id).field(past.dates).field("1");
      holds.field("guest" + std::to_string(random_.below(1'000'000)) + "@example.com").field("");
      holds.field("tok_" + random_.letters(24)).field("0").field(fingerprint()).field(status);
      holds.field(zone_text(past.made_ms + 1'800'000)).field("").field(zone_text(past.made_ms));
      holds.field(zone_text(ended_ms)).end_row();
      if (dice >= 60) add_allocation(allocations, past, ended_ms);
    }
    holds.finish();
    allocations.finish();
  }

  void add_allocation(CopyStream& rows, const Past& past, std::int64_t made_ms) {
    const bool is_cancelled = random_.below(10) == 0;
    const std::string& resource = shop_.resources[past.resource];
    const auto first = static_cast<std::size_t>(past.first);
    const auto last = first + static_cast<std::size_t>(past.stay) - 1;
    rows.field(resource).field("alloc_" + resource.substr(4) + "_" + ulid(made_ms, random_));
    rows.field(past.hold_id).field("ord_" + random_.letters(24)).field("line_1");
    rows.field(past.dates).field(past_[first]).field(past_[last]).field("1");
    rows.field(is_cancelled ? "CANCELLED" : "CONFIRMED").field(zone_text(made_ms));
    if (is_cancelled) {
      rows.field(zone_text(made_ms + 3'600'000)).end_row();
      return;
    }
    rows.null().end_row();
    for (auto day = first; day <= last; ++day) {
      ++taken_[past.resource * past_.size() + day];
    }
  }

  std::string fingerprint() {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (int half = 0; half < 2; ++half) {
      std::uint64_t bits = random_.next();
      for (int i = 0; i < 16; ++i, bits >>= 4) out += kHex[bits & 15];
    }
    return out;
  }

  void fill_capacity() {
    CopyStream rows(uri_, "holdfast.resource_capacity");
    std::vector<std::string> future;
    for (int i = 0; i < shop_.days; ++i) future.push_back(to_string(shop_.first_day + days(i)));
    const std::string most = std::to_string(shop_.capacity);
    const int past_most = std::max(shop_.capacity, 1'000'000);
    const std::string past_text = std::to_string(past_most);
    for (std::size_t i = 0; i < shop_.resources.size(); ++i) {
      for (std::size_t day = 0; day < past_.size(); ++day) {
        const auto taken = static_cast<int>(taken_[i * past_.size() + day]);
        rows.field(shop_.resources[i]).field(past_[day]).field(past_text);
        rows.field(std::to_string(past_most - taken)).end_row();
      }
      for (const auto& day : future) {
        rows.field(shop_.resources[i]).field(day).field(most).field(most).end_row();
      }
    }
    rows.finish();
  }

  static constexpr int kMonthAhead = 30;

  const std::string uri_;
  const int past_days_;
  const std::int64_t holds_;
  Random random_;
  const Date today_;
  Shop shop_;
  std::vector<std::string> past_;
  std::vector<std::uint32_t> taken_;
  const Clock::time_point began_ = Clock::now();
};

int fill(const Arguments& arguments) {
  {
    auto engine = Engine::open(arguments.text("uri"));
    if (!engine.ok()) die(engine.error().message);
    if (const auto migrated = (*engine)->migrate(); !migrated.ok()) die(migrated.error().message);
  }
  if (arguments.number("past-days", 365) < 30) die("--past-days is at least 30");
  Filler filler(arguments);
  filler.run();
  write_shop(arguments.text("shop"), filler.booked(arguments.text("booked", "all")));
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::fill(holdfast::bench::Arguments(argc, argv, 1));
}
