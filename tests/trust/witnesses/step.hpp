// One operation of the stream, and the one form in which every witness answers it.
//
// Rows go by names that the stream gives (`h17.0` is the first hold that step 17 made), since each
// witness has ids of its own. A step and an answer are both lines of text, so that a witness in
// another language needs nothing but its standard input and output.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/types.hpp"

namespace holdfast::test::witnesses {

enum class Operation {
  kCreateResource,
  kUpdateResource,
  kDeleteResource,
  kRestoreResource,
  kInitialize,
  kAdjust,
  kCreateHold,
  kCreateHolds,
  kExtend,
  kConfirm,
  kRelease,
  kMoveHold,
  kCancel,
  kCancelOrder,
  kMoveAllocation,
  kCreateBlackout,
  kDeleteBlackout,
  kCleanup,
  kPrune,
};
const char* name(Operation operation);

struct Item {
  std::string resource{};
  std::vector<Date> days{};
  std::int32_t quantity = 1;
};

struct Step {
  int number = 0;
  Instant now{};
  Operation operation{};
  std::vector<Item> items{};         ///< the first one also: resource, days, quantity of the rest
  std::vector<std::string> holds{};  ///< names
  std::string row{};                 ///< name of the booking or blackout
  std::string token{};
  std::string holder{};
  bool as_host = false;
  std::string order{};
  std::string line{};
  std::string timezone{};
  bool flag = false;               ///< reclaim, keep a conflict, replace what exists, or active
  std::int32_t number_wanted = 0;  ///< delta, daily capacity, hours of prune
  std::optional<std::int64_t> ttl_s{};  ///< none: the engine's
};

/// One line: `17 1770091506789012 create_hold r1:20490,20491*2 token=t3 ttl=600`.
std::string text(const Step& step);

// ---- rows as answers show them ------------------------------------------------------------------

struct HoldSeen {
  std::string name{}, resource{}, status{}, holder{}, token{}, group{};
  std::vector<Date> days{};
  std::int32_t quantity = 0;
  Instant expires_at{}, created_at{}, updated_at{};
};
struct BookingSeen {
  std::string name{}, resource{}, hold{}, order{}, line{}, status{};
  std::vector<Date> days{};
  std::int32_t quantity = 0;
  Instant created_at{};
  std::optional<Instant> cancelled_at{};
};
struct BlackoutSeen {
  std::string name{}, resource{};
  Date start{}, end{};
  Instant created_at{};
  std::optional<Instant> deleted_at{};
};
struct DaySeen {
  std::string resource{};
  Date date{};
  std::int64_t asked = 0;  ///< or max
  std::int64_t available = 0;
};
struct ResourceSeen {
  std::string name{};
  bool is_active = true;
  Instant updated_at{};
  std::optional<Instant> deleted_at{};
};

std::string text(const HoldSeen& row);
std::string text(const BookingSeen& row);
std::string text(const BlackoutSeen& row);
std::string text(const DaySeen& row);
std::string text(const ResourceSeen& row);

struct Answer {
  std::string outcome = "ACCEPTED";
  bool replayed = false;
  std::string about{};   ///< the row that a refusal is about
  std::string reason{};  ///< of HOLD_EXPIRED_AND_TAKEN
  std::vector<HoldSeen> holds{};
  std::vector<BookingSeen> bookings{};
  std::vector<BlackoutSeen> blackouts{};
  std::vector<DaySeen> days{};
  std::vector<ResourceSeen> resources{};
  std::vector<std::int64_t> counts{};
};
std::string text(const Answer& answer);

/// What readers see of one day.
struct DayState {
  Date date{};
  std::int64_t max = 0, available = 0, held = 0, booked = 0;
  bool blackout = false;
  std::string reason{};  ///< why one place cannot be had; empty when it can
};

struct ResourceState {
  ResourceSeen resource{};
  std::vector<DayState> days{};
  std::vector<HoldSeen> holds{};
  std::vector<BookingSeen> bookings{};
  std::vector<BlackoutSeen> blackouts{};  ///< not deleted ones
};
std::string text(const ResourceState& state);

// ---- a witness ----------------------------------------------------------------------------------

/// Somebody who carries out every step and can be asked what it has come to, in text.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual std::string name() const = 0;
  virtual std::string said(const Step& step) = 0;
  /// What readers see of that resource from `first` to `last`.
  virtual std::string shown(const std::string& resource, Date first, Date last) = 0;
  /// How many violations verify() finds.
  virtual std::size_t violations() = 0;
  /// It keeps microseconds like everybody, and has no way to show more than milliseconds.
  virtual bool shows_milliseconds() const { return false; }
};

/// A witness in this process.
class RowWitness : public Witness {
 public:
  virtual Answer answer(const Step& step) = 0;
  virtual ResourceState state(const std::string& resource, Date first, Date last) = 0;

  std::string said(const Step& step) final;
  std::string shown(const std::string& resource, Date first, Date last) final {
    return text(state(resource, first, last));
  }
  const Answer& last_answer() const { return last_; }

 private:
  Answer last_{};
};

/// `text` with its instants cut to milliseconds.
std::string cut_to_milliseconds(std::string text);

/// Names of rows and a witness's own ids for them, both ways.
class Names {
 public:
  void add(const std::string& name, const std::string& id) {
    ids_[name] = id;
    names_[id] = name;
  }
  /// An id that is not known yet gets `fresh`.
  std::string of(const std::string& id, const std::string& fresh = "?") {
    if (id.empty()) return {};
    const auto known = names_.find(id);
    if (known != names_.end()) return known->second;
    add(fresh, id);
    return fresh;
  }
  const std::string& id(const std::string& name) const { return ids_.at(name); }

 private:
  std::map<std::string, std::string> ids_{};
  std::map<std::string, std::string> names_{};
};

/// Names that no witness has a row for, and what stands for them.
void add_nobodies(Names& names);

}  // namespace holdfast::test::witnesses
