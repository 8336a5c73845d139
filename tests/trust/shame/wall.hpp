// The wall: each public bug as a story that ends in one line, and the table of all of them.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "scenarios/shop.hpp"
#include "support/catch.hpp"

namespace holdfast::test {

struct Bug {
  std::string project;
  std::string ref;       ///< the number that the project knows it by
  std::string happened;  ///< there
  std::string link;
  std::string
      answer;  ///< what Holdfast says when the same is done to it; every backend, to the word
};

/// Plays it on a shop of its own and returns what was answered.
using Story = std::string (*)(Shop& shop);

/// All bugs of this executable, by project and number.
std::vector<Bug> wall();
/// The wall as a Markdown table, without a line break at the end.
std::string table();

/// For the macro: puts the bug on the wall.
class Hung {
 public:
  explicit Hung(Bug bug);
  const Bug& bug() const { return bug_; }

 private:
  Bug bug_;
};
/// For the macro: the answer must be the one on the wall, and the tables sound.
void play(const Bug& bug, Story story, const Database& database);

#define WALL_NAME2(prefix, line) prefix##line
#define WALL_NAME(prefix, line) WALL_NAME2(prefix, line)

/// WALL(project, ref, what happened there, link, what Holdfast answers) { the story, as a Story }
#define WALL(project, ref, happened, link, answer)                                            \
  static std::string WALL_NAME(story_, __LINE__)(::holdfast::test::Shop & shop);              \
  static const ::holdfast::test::Hung WALL_NAME(                                              \
      bug_, __LINE__)(::holdfast::test::Bug{project, ref, happened, link, answer});           \
  TEST_CASE(project " " ref ": " happened, "[shame]") {                                       \
    EACH_BACKEND(db);                                                                         \
    ::holdfast::test::play(WALL_NAME(bug_, __LINE__).bug(), WALL_NAME(story_, __LINE__), db); \
  }                                                                                           \
  static std::string WALL_NAME(story_, __LINE__)(::holdfast::test::Shop & shop)

// ---- what was said ------------------------------------------------------------------------------

/// Somebody or something, and what was said of it: an outcome, a number or a word.
class Said {
 public:
  Said(std::string who, std::string what) : who_(std::move(who)), what_(std::move(what)) {}
  Said(std::string who, const char* what) : Said(std::move(who), std::string(what)) {}
  template <class Number>
  requires std::is_integral_v<Number> Said(std::string who, Number number)
      : Said(std::move(who), std::to_string(number)) {}
  template <class T>
  Said(std::string who, const Reply<T>& reply) : Said(std::move(who), outcome(reply)) {}

  std::string line() const { return who_ + ": " + what_; }

 private:
  std::string who_;
  std::string what_;
};

/// `A pays: ACCEPTED; places left: 0`. In the order written, which is the order they happen in.
std::string told(std::initializer_list<Said> said);

/// What was answered, and how many times: `ACCEPTED 1, INSUFFICIENT_CAPACITY 9`.
std::string counted(const std::vector<std::string>& answers);

// ---- many at once -------------------------------------------------------------------------------

/// One caller's part in a round; the rounds are numbered from 0, and so are the callers.
using Part = std::function<std::string(Engine& host, int round, int caller)>;

/// How often a race is run; each round has a day of its own, day(round).
int rounds();
/// All callers at once, round after round, on two hosts of one database that are slow to decide.
/// Answers what was counted in a round; where rounds went differently, each way with an `or`.
std::string race(Shop& shop, int callers, const Part& part);

// ---- one-line calls -----------------------------------------------------------------------------

/// `ACCEPTED`, or the refusal of either step.
std::string book(Engine& host, const std::string& resource_id, Date date, std::int32_t quantity,
                 const std::string& order_id);
Allocation booked(Engine& host, const std::string& resource_id, std::vector<Date> dates,
                  const std::string& order_id, std::int32_t quantity = 1);
/// All or nothing, one place of each.
Reply<HoldsAnswer> hold_together(Engine& host, const std::vector<std::string>& resource_ids,
                                 Date date);
Reply<HoldAnswer> extend(Engine& host, const Hold& hold);
Reply<HoldAnswer> release(Engine& host, const Hold& hold);
Reply<AllocationsAnswer> cancel(Engine& host, const Allocation& allocation);
Reply<AllocationsAnswer> cancel_order(Engine& host, const std::string& order_id,
                                      const std::string& line_item_id = {});
Reply<AllocationAnswer> move(Engine& host, const Allocation& allocation, std::vector<Date> dates);
/// Pays late: the places are taken again when they are still free.
Reply<AllocationAnswer> pay_late(Engine& host, const Hold& hold, const std::string& order_id);

/// Places left on every day that a race has used: `0`, or `0, 1` where days differ.
std::string left(Engine& host, const std::string& resource_id);
/// As the report counts them, on one day.
ReportDay report(Engine& host, const std::string& resource_id, Date date);
std::size_t bookings(Engine& host, const std::string& resource_id);

/// The default time of a hold passes.
void let_holds_expire(Shop& shop);

}  // namespace holdfast::test
