#include "wall.hpp"

#include <algorithm>
#include <barrier>
#include <cctype>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "support/budget.hpp"
#include "support/threads.hpp"

namespace holdfast::test {
namespace {

std::vector<Bug>& hung() {
  static std::vector<Bug> bugs;
  return bugs;
}

/// A host that is slow to decide, so that two of them that do not exclude each other are sure to
/// decide on the same places. Without it a race of microseconds would have to be won by luck.
class Slow final : public Storage {
 public:
  explicit Slow(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
  Result<std::int32_t> migrate() override { return storage_->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    return storage_->transact(
        scope,
        [&](Snapshot snapshot) {
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return decide(std::move(snapshot));
        },
        meanwhile);
  }
  Result<Snapshot> read(const Scope& scope) override { return storage_->read(scope); }
  Result<ListPage> list(const ListQuery& query) override { return storage_->list(query); }
  StorageCounters counters() const override { return storage_->counters(); }
  std::string describe() const override { return storage_->describe(); }

 private:
  std::unique_ptr<Storage> storage_;
};

std::unique_ptr<Engine> slow_host(const Shop& shop) {
  auto engine = must(Engine::open(std::make_unique<Slow>(shop.storage()),
                                  EngineOptions{.clock = shop.clock.function()}));
  accepted(engine->migrate());
  return engine;
}

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

}  // namespace

Hung::Hung(Bug bug) : bug_(std::move(bug)) { hung().push_back(bug_); }

std::vector<Bug> wall() {
  std::vector<Bug> bugs = hung();
  const auto place = [](const Bug& bug) {
    std::string name = bug.project;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::tuple(name, bug.ref.size(), bug.ref);
  };
  std::sort(bugs.begin(), bugs.end(),
            [&](const Bug& a, const Bug& b) { return place(a) < place(b); });
  return bugs;
}

std::string table() {
  std::string out =
      "| project | bug | what happened there | what Holdfast answers |\n|---|---|---|---|";
  for (const Bug& bug : wall()) {
    out += "\n| " + bug.project + " | [" + bug.ref + "](" + bug.link + ") | " + bug.happened +
           " | " + bug.answer + " |";
  }
  return out;
}

void play(const Bug& bug, Story story, const Database& database) {
  Shop shop(database);
  CHECK(story(shop) == bug.answer);
  require_sound(*shop, {day(-1), day(31)});
}

std::string told(std::initializer_list<Said> said) {
  std::vector<std::string> lines;
  for (const Said& one : said) lines.push_back(one.line());
  return joined(lines, "; ");
}

std::string counted(const std::vector<std::string>& answers) {
  std::map<std::string, int> times;
  for (const auto& answer : answers) ++times[answer];
  std::vector<std::string> out;
  for (const auto& [answer, n] : times) out.push_back(answer + " " + std::to_string(n));
  return joined(out, ", ");
}

int rounds() { return std::min(scaled(3), 30); }

std::string race(Shop& shop, int callers, const Part& part) {
  const std::unique_ptr<Engine> hosts[] = {slow_host(shop), slow_host(shop)};
  std::vector<std::vector<std::string>> answers(static_cast<std::size_t>(rounds()));
  std::mutex mutex;
  std::barrier gate(callers);
  in_threads(callers, [&](int caller) {
    Engine& host = *hosts[caller % 2];
    for (int round = 0; round < rounds(); ++round) {
      gate.arrive_and_wait();
      std::string answer;
      try {
        answer = part(host, round, caller);
      } catch (const std::exception& error) {  // the others wait for this one at the gate
        answer = error.what();
      }
      const std::lock_guard lock(mutex);
      answers[static_cast<std::size_t>(round)].push_back(std::move(answer));
    }
  });
  std::vector<std::string> distinct;
  for (const auto& round : answers) {
    const std::string seen = counted(round);
    if (std::find(distinct.begin(), distinct.end(), seen) == distinct.end()) {
      distinct.push_back(seen);
    }
  }
  return joined(distinct, " or ");
}

std::string book(Engine& host, const std::string& resource_id, Date date, std::int32_t quantity,
                 const std::string& order_id) {
  const auto held = try_hold(host, resource_id, {date}, quantity);
  if (outcome(held) != "ACCEPTED") return outcome(held);
  return outcome(try_confirm(host, held->value().hold.id, order_id));
}

Allocation booked(Engine& host, const std::string& resource_id, std::vector<Date> dates,
                  const std::string& order_id, std::int32_t quantity) {
  return confirm(host, hold(host, resource_id, std::move(dates), quantity).id, order_id);
}

Reply<HoldsAnswer> hold_together(Engine& host, const std::vector<std::string>& resource_ids,
                                 Date date) {
  CreateHolds request;
  for (const auto& id : resource_ids) request.items.push_back({.resource_id = id, .dates = {date}});
  return host.create_holds(std::move(request));
}

Reply<HoldAnswer> extend(Engine& host, const Hold& hold) {
  return host.extend_hold({.hold_id = hold.id});
}

Reply<HoldAnswer> release(Engine& host, const Hold& hold) {
  return host.release_hold({.hold_id = hold.id});
}

Reply<AllocationsAnswer> cancel(Engine& host, const Allocation& allocation) {
  return host.cancel_allocation({.allocation_id = allocation.id});
}

Reply<AllocationsAnswer> cancel_order(Engine& host, const std::string& order_id,
                                      const std::string& line_item_id) {
  return host.cancel_allocation({.order_id = order_id, .line_item_id = line_item_id});
}

Reply<AllocationAnswer> move(Engine& host, const Allocation& allocation, std::vector<Date> dates) {
  return host.move_allocation({.allocation_id = allocation.id, .dates = std::move(dates)});
}

Reply<AllocationAnswer> pay_late(Engine& host, const Hold& hold, const std::string& order_id) {
  return try_confirm(host, hold.id, order_id, IfExpired::kReclaim);
}

std::string left(Engine& host, const std::string& resource_id) {
  std::set<std::int32_t> seen;
  for (int round = 0; round < rounds(); ++round) {
    seen.insert(available(host, resource_id, day(round)));
  }
  std::vector<std::string> out;
  for (const auto places : seen) out.push_back(std::to_string(places));
  return joined(out, ", ");
}

ReportDay report(Engine& host, const std::string& resource_id, Date date) {
  return accepted(host.get_capacity_report(
                      {.resource_id = resource_id, .start_date = date, .end_date = date}))
      .days.at(0);
}

std::size_t bookings(Engine& host, const std::string& resource_id) {
  return all_allocations(host, {.resource_id = resource_id, .status = AllocationStatus::kConfirmed})
      .size();
}

void let_holds_expire(Shop& shop) { shop.clock.advance(std::chrono::minutes(30)); }

}  // namespace holdfast::test
