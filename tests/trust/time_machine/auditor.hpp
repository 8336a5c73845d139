// Books of its own on everything that was committed, and the laws that each commit must obey. It
// shares no code with the library but the rows' types.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/storage.hpp"

namespace holdfast::test::machine {

/// A law does not hold.
struct Wrong : std::logic_error {
  using std::logic_error::logic_error;
};

struct Ledger {
  struct Day {
    std::int64_t max = 0;
    std::int64_t available = 0;
    std::int64_t taken = 0;  ///< by ACTIVE holds and CONFIRMED bookings, counted here
  };
  std::optional<Resource> resource{};
  std::map<Date, Day> days{};
  std::map<std::string, StoredHold> holds{};
  std::map<std::pair<std::string, std::int32_t>, std::string> hold_of_token{};  // token, item
  std::map<std::string, Allocation> bookings{};
  std::map<std::string, std::string> booking_of_hold{};
  std::map<std::string, Blackout> blackouts{};
  std::map<CommandKey, std::string> commands{};  // outcome
};

class Auditor {
 public:
  /// Enters one transaction. Throws Wrong.
  void committed(Instant now, const Changes& changes);

  const std::map<std::string, Ledger>& ledgers() const { return ledgers_; }
  const Ledger& of(const std::string& key) const;
  /// nullptr: there is none.
  const StoredHold* hold(const std::string& id) const;
  const Allocation* booking(const std::string& id) const;
  const Allocation* booking_of(const std::string& hold_id) const;
  /// Places that nobody holds at `now`, due holds counted out.
  std::int64_t free_places(const std::string& key, Date date, Instant now) const;
  std::int64_t commits() const { return commits_; }

 private:
  Ledger& at(const std::string& key) { return ledgers_[key]; }
  void take(Ledger& ledger, const std::vector<Date>& dates, std::int64_t quantity);
  void insert(const StoredHold& row, Instant now, bool shop_changes);
  void change(Hold& hold, const Hold& to, Instant now);
  void insert(const Allocation& row);
  void update(const AllocationUpdate& row);
  void places(const Changes& changes);
  void balance(const Changes& changes) const;

  std::map<std::string, Ledger> ledgers_{};
  std::int64_t commits_ = 0;
};

/// The key that an id of a hold, booking or blackout names.
std::string key_of(const std::string& id);

}  // namespace holdfast::test::machine
