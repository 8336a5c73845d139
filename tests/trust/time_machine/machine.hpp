// One life of a shop on bad machines: several hosts, one database, and whatever goes wrong.
//
// One thread. A transaction lets other hosts act before it has its locks, while it holds them, and
// between a list and what it is for; so what really runs at once is played one inside the other, in
// an order that the seed gives.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/clock.hpp"
#include "time_machine/auditor.hpp"
#include "time_machine/dice.hpp"
#include "time_machine/errand.hpp"
#include "time_machine/host.hpp"
#include "time_machine/marks.hpp"
#include "time_machine/store.hpp"

namespace holdfast::test::machine {

inline constexpr int kCoach = 120;  ///< places of the largest resource

struct Life {
  std::int64_t operations = 0;  ///< requests delivered, each answer held against the books
  std::int64_t commits = 0;
  std::int64_t faults = 0;
  std::uint64_t digest = 0;
  Marks marks{};
  std::string wrong{};  ///< empty when nothing was
};

class Machine final : public Fate {
 public:
  explicit Machine(std::uint64_t seed);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// So many deliveries under faults, then none until everything has come to rest.
  Life live(int deliveries);

 private:
  // How bad this life is: each rate is thrown once.
  struct Weather {
    double refused = 0, conflict = 0, reply_lost = 0, request_lost = 0, dies = 0, poison = 0;
    double meanwhile = 0, answer_lost = 0, clock = 0, sweep = 0, read_fails = 0;
  };
  struct Slot {
    std::unique_ptr<Host> host{};
    bool patient = false;
    bool busy = false;
    bool dead = false;
  };
  struct Delivery;

  // Fate
  Fault next_fault(int host, const Scope& scope) override;
  bool is_poisoned(const Changes& changes) override;
  bool is_dead(int host) const override;
  void dies(int host) override;
  void meanwhile(int host, const Scope* scope) override;
  void waits_for_lock() override { hit(Mark::kLockWait); }
  bool read_fails(int) override { return faults_on_ && dice_.chance(weather_.read_fails); }
  void wrong(const std::string& what) override;
  void committed(int host, Instant now, const Changes& changes) override;
  bool met_a_known_token(const Changes& changes) override;

  void open_shop();
  void act();
  void step_clock();
  void sweep(int host);
  void look(int host);
  void cancel_order(int host);
  void coach_comes(int host);
  void deliver_some(int host);
  void deliver(int host, std::vector<Errand*> errands);
  void check(Delivery& delivery, const Reply<Value>& reply, bool quiet);
  void check_yes(Delivery& delivery, const Value& value, bool quiet);
  bool is_reclaimed_by_another(const ConfirmHold& confirm) const;
  void check_no(Delivery& delivery, const Rejection& rejection, bool quiet);
  void check_failure(Delivery& delivery, const Error& error);
  void note(const Errand& errand, const Reply<Value>& reply);
  int idle_host();
  void leave(int host);

  void come_to_rest();
  void settle_all();
  void nothing_stays_held();
  void books_and_tables_agree();

  Errand& new_errand() { return new_errand(make_request()); }
  Errand& new_errand(Request request);
  Errand& some_errand();
  Request make_request();
  Request make_hold();
  Request make_seat(int quantity);
  Request make_touch();
  Request make_booking();
  Request make_shop();
  std::vector<Date> some_days(int most);
  std::string some_hold();
  std::string fresh_token();

  void hit(Mark mark) { life_.marks.hit(mark); }
  Instant now() const { return clock_.now(); }

  Dice dice_;
  Trace trace_{};
  Life life_{};
  TestClock clock_;
  Database database_{};
  Auditor books_{};
  Weather weather_{};
  std::vector<Slot> slots_{};
  std::vector<std::unique_ptr<Errand>> errands_{};
  std::vector<std::string> resources_{};
  std::vector<std::string> holds_{};
  std::vector<std::string> bookings_{};
  std::vector<std::string> blackouts_{};
  bool faults_on_ = false;
  int depth_ = 0;
  bool sweeping_ = false;
  std::set<std::string> confirmed_at_{};  ///< keys of confirmations answered since a look began
  std::int64_t acts_ = 0;
  std::int64_t replies_lost_ = 0;
  std::int64_t poisonings_ = 0;
  int tokens_ = 0;
};

}  // namespace holdfast::test::machine
