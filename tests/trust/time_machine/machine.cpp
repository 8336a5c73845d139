#include "time_machine/machine.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"
#include "storage/backends.hpp"
#include "support/rows.hpp"

namespace holdfast::test::machine {
namespace {

using namespace std::chrono_literals;

constexpr int kHosts = 4;
constexpr int kAtOnce = 3;  // transactions inside each other

std::uint64_t mixed(std::uint64_t seed) { return Dice(seed).bits(); }

}  // namespace

struct Machine::Delivery {
  Errand& errand;
  std::optional<std::string> before;  ///< its effect when it set out
  int deliveries = 0;                 ///< of the errand, this one included
  bool alone = false;                 ///< no other delivery of it was under way then
  bool was_unknown = false;
  bool was_told = false;
};

Machine::Machine(std::uint64_t seed) : dice_(mixed(seed)), clock_(at(0)) {
  seed_ids(mixed(~seed));
  StorageOptions options;
  options.clock = clock_.function();
  auto storage = open_memory(options);
  if (!storage.ok()) throw Wrong(storage.error().message);
  database_.storage = std::move(*storage);
  if (const auto done = database_.storage->migrate(); !done.ok()) throw Wrong(done.error().message);
  // A swarm: each life has its own mix, and in some of them whole kinds of trouble are absent.
  const auto rate = [&](double most) {
    return dice_.chance(0.2) ? 0.0 : most * static_cast<double>(dice_.between(1, 100)) / 100;
  };
  weather_ = {.refused = rate(0.1),
              .conflict = rate(0.1),
              .reply_lost = rate(0.1),
              .request_lost = rate(0.1),
              .dies = rate(0.02),
              .poison = rate(0.05),
              .meanwhile = rate(0.4),
              .answer_lost = rate(0.2),
              .clock = rate(0.15),
              .sweep = rate(0.2),
              .read_fails = rate(0.1)};
  slots_.resize(kHosts);
  for (int i = 0; i < kHosts; ++i) {
    slots_[static_cast<std::size_t>(i)].patient = i < kHosts / 2;
    leave(i);
  }
}

// A host that is dead when its last call ends is followed by a new one.
void Machine::leave(int host) {
  Slot& slot = slots_[static_cast<std::size_t>(host)];
  slot.busy = false;
  if (slot.host && !slot.dead) return;
  slot.dead = false;
  slot.host = std::make_unique<Host>(database_, *this, host, slot.patient);
}

// ---- fate ---------------------------------------------------------------------------------------

namespace {
bool is_poison(const std::string& token) { return token.starts_with("poison"); }
}  // namespace

bool Machine::is_poisoned(const Changes& changes) {
  const bool poisoned =
      std::any_of(changes.hold_inserts.begin(), changes.hold_inserts.end(),
                  [](const StoredHold& row) { return is_poison(row.hold.idempotency_token); });
  if (poisoned) ++poisonings_;
  if (poisoned) ++life_.faults;
  return poisoned;
}

Fault Machine::next_fault(int host, const Scope& scope) {
  const auto poisoned = [](const KeyScope& key) {
    return std::any_of(key.hold_tokens.begin(), key.hold_tokens.end(), is_poison);
  };
  if (std::any_of(scope.keys.begin(), scope.keys.end(), poisoned)) {
    ++poisonings_;
    ++life_.faults;
    return Fault::kPoisoned;
  }
  if (!faults_on_) return Fault::kNone;
  const std::pair<Fault, double> odds[] = {
      {Fault::kRefused, weather_.refused},      {Fault::kConflict, weather_.conflict},
      {Fault::kReplyLost, weather_.reply_lost}, {Fault::kRequestLost, weather_.request_lost},
      {Fault::kDiesBefore, weather_.dies},      {Fault::kDiesAfter, weather_.dies}};
  for (const auto& [fault, rate] : odds) {
    if (!dice_.chance(rate)) continue;
    ++life_.faults;
    const bool patient = slots_[static_cast<std::size_t>(host)].patient;
    if (fault == Fault::kReplyLost && patient) ++replies_lost_;
    if (fault != Fault::kDiesBefore && fault != Fault::kDiesAfter && patient) {
      hit(Mark::kTriedAgain);
    }
    if (fault == Fault::kDiesBefore) hit(Mark::kHostDiedBeforeCommit);
    if (fault == Fault::kDiesAfter) hit(Mark::kHostDiedAfterCommit);
    return fault;
  }
  return Fault::kNone;
}

bool Machine::is_dead(int host) const {
  return !life_.wrong.empty() || slots_[static_cast<std::size_t>(host)].dead;
}

void Machine::dies(int host) {
  Slot& slot = slots_[static_cast<std::size_t>(host)];
  slot.dead = true;
  slot.host->give_up();
}

// What is wrong first is told; every host then stops, so that all calls end.
void Machine::wrong(const std::string& what) {
  if (life_.wrong.empty()) life_.wrong = what;
  for (auto& slot : slots_) {
    if (slot.host) slot.host->give_up();
  }
}

void Machine::committed(int host, Instant now, const Changes& changes) {
  trace_.add(static_cast<std::uint64_t>(host));
  trace_.add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  for (const auto& row : changes.hold_inserts) {
    holds_.push_back(row.hold.id);
    trace_.add(row.hold.id);
  }
  for (const auto& row : changes.status_changes) {
    trace_.add(row.hold_id);
    trace_.add(static_cast<std::uint64_t>(row.to));
    if (sweeping_ && row.to == HoldStatus::kExpired) hit(Mark::kSweepRecorded);
  }
  for (const auto& row : changes.allocation_inserts) {
    bookings_.push_back(row.id);
    trace_.add(row.id);
  }
  for (const auto& row : changes.blackout_inserts) blackouts_.push_back(row.id);
  try {
    books_.committed(now, changes);
  } catch (const Wrong& broken) {
    wrong(broken.what());
  }
}

bool Machine::met_a_known_token(const Changes& changes) {
  const bool met = std::any_of(changes.hold_inserts.begin(), changes.hold_inserts.end(),
                               [this](const StoredHold& row) {
                                 const auto& known = books_.of(row.hold.resource_id).hold_of_token;
                                 return known.count({row.hold.idempotency_token, row.item_no}) != 0;
                               });
  if (met) hit(Mark::kKnownTokenMet);
  return met;
}

void Machine::meanwhile(int, const Scope* scope) {
  if (!faults_on_ || depth_ >= kAtOnce || !life_.wrong.empty()) return;
  if (!dice_.chance(weather_.meanwhile)) return;
  const bool was_sweeping = std::exchange(sweeping_, false);
  confirmed_at_.clear();
  ++depth_;
  act();
  --depth_;
  sweeping_ = was_sweeping;
  if (!sweeping_ || scope == nullptr) return;
  const auto met = [&](const KeyScope& key) { return confirmed_at_.count(key.key) != 0; };
  if (std::any_of(scope->keys.begin(), scope->keys.end(), met)) hit(Mark::kSweepMetConfirm);
}

// ---- what happens -------------------------------------------------------------------------------

// While somebody holds locks only impatient hosts may act: the others would wait for ever.
int Machine::idle_host() {
  std::vector<int> idle;
  for (int i = 0; i < kHosts; ++i) {
    const Slot& slot = slots_[static_cast<std::size_t>(i)];
    if (slot.busy || (slot.patient && !database_.locked.empty())) continue;
    idle.push_back(i);
  }
  return idle.empty() ? -1 : dice_.one_of(idle);
}

void Machine::act() {
  ++acts_;
  if (dice_.chance(weather_.clock)) return step_clock();
  const int host = idle_host();
  if (host < 0) return;
  slots_[static_cast<std::size_t>(host)].busy = true;
  if (dice_.chance(weather_.sweep)) {
    sweep(host);
  } else if (dice_.chance(0.04)) {
    look(host);
  } else if (dice_.chance(0.02)) {
    cancel_order(host);
  } else if (depth_ == 0 && dice_.chance(0.005)) {
    coach_comes(host);
  } else {
    deliver_some(host);
  }
  leave(host);
}

void Machine::step_clock() {
  const bool back = dice_.chance(0.3);
  const auto before = now();
  // Now and then so far that all that is held comes due at once.
  const int far = dice_.chance(0.1) ? 10'800 : 1200;
  clock_.advance(std::chrono::seconds(dice_.between(1, far)) * (back ? -1 : 1));
  if (!back || holds_.empty()) return;
  for (std::size_t i = holds_.size() - std::min<std::size_t>(holds_.size(), 20); i < holds_.size();
       ++i) {
    const Hold& h = books_.hold(holds_[i])->hold;
    const bool over = h.expires_at > now() && h.expires_at <= before;
    if (over && h.status == HoldStatus::kExpired) hit(Mark::kClockBackOverExpiry);
  }
}

void Machine::sweep(int host) {
  const auto began = acts_;
  const bool outer = std::exchange(sweeping_, true);
  const auto reply =
      slots_[static_cast<std::size_t>(host)].host->ask(CleanupExpiredHolds{.limit = 200});
  sweeping_ = outer;
  ++life_.operations;
  if (!reply.ok() || acts_ != began) return;
  for (const auto& [key, ledger] : books_.ledgers()) {
    for (const auto& [id, stored] : ledger.holds) {
      if (stored.hold.status == HoldStatus::kActive && stored.hold.expires_at <= now()) {
        return wrong("the sweep leaves a due hold: " + id);
      }
    }
  }
}

void Machine::look(int host) {
  const auto began = acts_;
  const std::string& resource = dice_.one_of(resources_);
  const auto reply = slots_[static_cast<std::size_t>(host)].host->ask(
      CheckAvailability{.resource_id = resource, .start_date = day(0), .end_date = day(4)});
  ++life_.operations;
  if (!reply.ok() || acts_ != began || !reply->accepted()) return;
  hit(Mark::kReadChecked);
  for (const auto& d : std::get<Availability>(reply->value()).days) {
    if (d.available_capacity != books_.free_places(resource, d.date, now())) {
      wrong("a reader sees " + std::to_string(d.available_capacity) + " places on " +
            to_string(d.date));
    }
  }
}

void Machine::cancel_order(int host) {
  if (bookings_.empty()) return;
  const auto began = acts_;
  const std::string order = books_.booking(dice_.one_of(bookings_))->order_id;
  const auto reply =
      slots_[static_cast<std::size_t>(host)].host->ask(CancelAllocation{.order_id = order});
  ++life_.operations;
  if (!reply.ok() || acts_ != began) return;
  if (!reply->accepted()) return wrong("an order that is there is not found: " + order);
  for (const auto& [key, ledger] : books_.ledgers()) {
    for (const auto& [id, row] : ledger.bookings) {
      if (row.order_id == order && row.status != AllocationStatus::kCancelled) {
        return wrong("a cancelled order keeps a booking: " + id);
      }
    }
  }
}

// A whole coach holds its places one by one, nobody pays, and then somebody wants all of them: more
// holds are due than one transaction records.
void Machine::coach_comes(int host) {
  std::vector<Errand*> passengers;
  for (int i = dice_.between(80, 100); i > 0; --i) passengers.push_back(&new_errand(make_seat(1)));
  deliver(host, std::move(passengers));
  if (slots_[static_cast<std::size_t>(host)].dead) return;
  clock_.advance(3h);
  deliver(host, {&new_errand(make_seat(kCoach))});
}

void Machine::deliver_some(int host) {
  std::vector<Errand*> errands;
  for (int i = dice_.chance(0.5) ? 1 : dice_.between(2, 8); i > 0; --i) {
    Errand& errand = dice_.chance(0.55) ? new_errand() : some_errand();
    if (std::find(errands.begin(), errands.end(), &errand) == errands.end()) {
      errands.push_back(&errand);
    }
  }
  deliver(host, std::move(errands));
}

// ---- answers ------------------------------------------------------------------------------------

void Machine::deliver(int host, std::vector<Errand*> errands) {
  std::vector<Delivery> deliveries;
  std::vector<Request> requests;
  for (Errand* errand : errands) {
    if (errand->in_flight > 0) hit(Mark::kTwoAtOnce);
    deliveries.push_back({*errand, effect(books_, *errand), ++errand->deliveries,
                          errand->in_flight == 0, errand->unknown, errand->settled});
    ++errand->in_flight;
    requests.push_back(errand->request);
  }
  const auto began = acts_;
  const auto poisonings = poisonings_;
  const auto lost = replies_lost_;
  Slot& slot = slots_[static_cast<std::size_t>(host)];
  const auto batches = slot.host->metrics().batches;
  const auto replies = slot.host->answer(requests);
  const bool quiet = acts_ == began && errands.size() == 1;
  if (quiet && slot.host->metrics().batches > batches + 1) {
    hit(slot.host->trusts_tokens() ? Mark::kPutOffToBeSure : Mark::kPutOffForDueHolds);
  }
  bool neighbour_served = false;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    --errands[i]->in_flight;
    ++life_.operations;
    if (!life_.wrong.empty()) continue;
    if (slot.dead) {  // whoever asked hears nothing, and what was done is found by asking again
      errands[i]->unknown = true;
      continue;
    }
    const bool had_effect = deliveries[i].before.has_value();
    check(deliveries[i], replies[i], quiet);
    note(*errands[i], replies[i]);
    const bool yes = replies[i].ok() && replies[i]->accepted();
    if (yes && lost != replies_lost_ && !had_effect && !is_replayed(replies[i]->value())) {
      hit(Mark::kUnknownHealedInside);
    }
    neighbour_served = neighbour_served || yes;
  }
  if (replies.size() > 1 && poisonings_ != poisonings && neighbour_served) {
    hit(Mark::kPoisonedBatchSplit);
  }
}

void Machine::note(const Errand& errand, const Reply<Value>& reply) {
  trace_.add(errand.request.index());
  if (!reply.ok()) return trace_.add(100 + static_cast<std::uint64_t>(reply.error().status));
  trace_.add(static_cast<std::uint64_t>(reply->outcome()));
  if (reply->accepted()) trace_.add(lasting(reply->value()));
}

void Machine::check(Delivery& delivery, const Reply<Value>& reply, bool quiet) {
  Errand& errand = delivery.errand;
  if (!reply.ok()) return check_failure(delivery, reply.error());
  if (errand.poisoned) return wrong("a poisoned request is answered: " + describe(errand));
  if (delivery.was_unknown) {
    hit(delivery.before ? Mark::kUnknownWasDone : Mark::kUnknownWasNotDone);
  }
  errand.unknown = false;
  if (const auto* confirm = std::get_if<ConfirmHold>(&errand.request)) {
    confirmed_at_.insert(key_of(confirm->hold_id));
  }
  // Whoever asked may not hear it, and asks again; the books know what it was.
  const bool heard = !faults_on_ || !dice_.chance(weather_.answer_lost);
  if (heard) errand.settled = true;
  if (!heard && delivery.before) hit(Mark::kReplayAfterReply);
  if (reply->accepted()) {
    check_yes(delivery, reply->value(), quiet);
  } else {
    check_no(delivery, reply->rejection(), quiet);
  }
}

void Machine::check_yes(Delivery& delivery, const Value& value, bool) {
  Errand& errand = delivery.errand;
  if (errand.mismatch) return wrong("another request's token is accepted: " + describe(errand));
  if (!leaves_a_mark(errand)) return;
  const auto now_there = effect(books_, errand);
  if (!now_there) return wrong("a yes without an effect: " + describe(errand));
  const std::string lasts = lasting(value);
  if (names_rows(errand) && *now_there != lasts) {
    return wrong("a yes names other rows than were made: " + describe(errand));
  }
  if (errand.told && *errand.told != lasts) {
    return wrong("two answers to one request: " + *errand.told + "and " + lasts);
  }
  errand.told = lasts;
  if (delivery.before && delivery.before != now_there) {
    return wrong("a second effect of one request: " + describe(errand));
  }
  const bool undisturbed = delivery.alone && errand.deliveries == delivery.deliveries;
  if (delivery.before && !is_replayed(value)) {
    return wrong("a replay is called the first: " + describe(errand));
  }
  const bool state_only = std::holds_alternative<ReleaseHold>(errand.request) ||
                          std::holds_alternative<CancelAllocation>(errand.request) ||
                          std::holds_alternative<DeleteBlackout>(errand.request) ||
                          std::holds_alternative<ConfirmHold>(errand.request) ||
                          std::holds_alternative<ConfirmHolds>(errand.request);
  // Another request can have brought about a state, but nothing else has this token.
  if (undisturbed && !state_only && !delivery.before && is_replayed(value)) {
    return wrong("a first answer is called a replay: " + describe(errand));
  }
  if (const auto* hold = std::get_if<HoldAnswer>(&value)) {
    const bool made = std::holds_alternative<CreateHold>(errand.request);
    if (made && hold->replayed && hold->hold.status == HoldStatus::kExpired) {
      hit(Mark::kReplayAfterExpiry);
    }
    if (std::holds_alternative<MoveHold>(errand.request)) hit(Mark::kMoved);
  }
  if (std::holds_alternative<CancelAllocation>(errand.request) && delivery.before) {
    hit(Mark::kCancelledTwice);
  }
  const auto* confirm = std::get_if<ConfirmHold>(&errand.request);
  if (confirm != nullptr && undisturbed && !delivery.before) {
    const Hold& h = books_.hold(confirm->hold_id)->hold;
    const bool late = books_.booking_of(h.id)->created_at >= h.expires_at;
    // The same order may have asked again with reclaim, which is then the answer to both.
    if (late && confirm->if_expired == IfExpired::kReject && !is_reclaimed_by_another(*confirm)) {
      return wrong("a confirmation in spite of expiry: " + describe(errand));
    }
    if (late) hit(Mark::kReclaimWon);
  }
}

bool Machine::is_reclaimed_by_another(const ConfirmHold& confirm) const {
  const auto is_same = [&](const auto& other, bool names_hold) {
    return names_hold && other.order_id == confirm.order_id &&
           other.line_item_id == confirm.line_item_id && other.if_expired == IfExpired::kReclaim;
  };
  return std::any_of(errands_.begin(), errands_.end(), [&](const auto& errand) {
    if (const auto* one = std::get_if<ConfirmHold>(&errand->request)) {
      return is_same(*one, one->hold_id == confirm.hold_id);
    }
    const auto* several = std::get_if<ConfirmHolds>(&errand->request);
    return several != nullptr &&
           is_same(*several, std::count(several->hold_ids.begin(), several->hold_ids.end(),
                                        confirm.hold_id) != 0);
  });
}

void Machine::check_no(Delivery& delivery, const Rejection& rejection, bool quiet) {
  Errand& errand = delivery.errand;
  if (errand.mismatch) {
    if (rejection.outcome != Outcome::kIdempotencyMismatch) {
      return wrong("another request's token is refused as " + std::string(name(rejection.outcome)));
    }
    return hit(Mark::kMismatch);
  }
  if (delivery.before) {
    return wrong(std::string("what was done is refused: ") + name(rejection.outcome) + " " +
                 describe(errand));
  }
  switch (rejection.outcome) {
    case Outcome::kHoldExpired:
      if (std::holds_alternative<ConfirmHold>(errand.request)) hit(Mark::kConfirmLostToExpiry);
      break;
    case Outcome::kHoldExpiredAndTaken:
      hit(Mark::kReclaimTaken);
      break;
    case Outcome::kBlackout:
      hit(Mark::kBlackoutRefused);
      break;
    case Outcome::kBlackoutConflict:
      hit(Mark::kBlackoutConflict);
      break;
    case Outcome::kResourceInactive:
    case Outcome::kResourceNotFound:
      hit(Mark::kInactiveRefused);
      break;
    case Outcome::kCapacityBelowBooked:
      hit(Mark::kBelowBooked);
      break;
    case Outcome::kHoldLifetimeExceeded:
      hit(Mark::kLifetimeExceeded);
      break;
    case Outcome::kAlreadyConfirmed:
      hit(Mark::kSecondOrderRefused);
      break;
    case Outcome::kHoldReleased:
      hit(Mark::kReleasedRefused);
      break;
    case Outcome::kIdempotencyMismatch:
      return wrong("a mismatch where there is none: " + describe(errand));
    case Outcome::kInsufficientCapacity: {
      hit(Mark::kSoldOut);
      const auto* hold = std::get_if<CreateHold>(&errand.request);
      if (hold == nullptr || !quiet) break;
      const bool wanting = std::any_of(hold->dates.begin(), hold->dates.end(), [&](Date d) {
        return books_.free_places(hold->resource_id, d, now()) < hold->quantity;
      });
      if (!wanting) wrong("refused though there are places: " + describe(errand));
      break;
    }
    default:
      break;
  }
}

void Machine::check_failure(Delivery& delivery, const Error& error) {
  Errand& errand = delivery.errand;
  if (errand.poisoned) {
    errand.settled = error.retry == Retry::kNever;
    return;
  }
  if (error.retry == Retry::kNever) {
    return wrong("fails for good: " + describe(errand) + ": " + error.message);
  }
  if (error.retry == Retry::kSameToken) {
    errand.unknown = true;
    return;
  }
  const bool undisturbed = delivery.alone && errand.deliveries == delivery.deliveries;
  const bool by_itself = std::holds_alternative<CreateHold>(errand.request) ||
                         std::holds_alternative<CreateHolds>(errand.request) ||
                         std::holds_alternative<AdjustCapacity>(errand.request);
  if (undisturbed && by_itself && effect(books_, errand) != delivery.before) {
    wrong("said to have done nothing, and has: " + describe(errand));
  }
}

// ---- a life -------------------------------------------------------------------------------------

Life Machine::live(int deliveries) {
  open_shop();
  faults_on_ = true;
  while (life_.operations < deliveries && life_.wrong.empty()) act();
  faults_on_ = false;
  if (life_.wrong.empty()) come_to_rest();
  life_.commits = books_.commits();
  life_.digest = trace_.value();
  return life_;
}

void Machine::come_to_rest() {
  settle_all();
  if (life_.wrong.empty()) nothing_stays_held();
  if (life_.wrong.empty()) books_and_tables_agree();
}

// What is open is asked again with its token, and what is not is asked once more.
void Machine::settle_all() {
  for (const auto& errand : errands_) {
    deliver(2, {errand.get()});
    leave(2);
    if (!life_.wrong.empty()) return;
    if (!errand->settled) return wrong("stays without an answer: " + describe(*errand));
  }
}

void Machine::nothing_stays_held() {
  clock_.advance(kPolicy.max_hold_lifetime + 24h);
  sweep(2);
  for (const auto& [key, ledger] : books_.ledgers()) {
    for (const auto& [date, d] : ledger.days) {
      std::int64_t booked = 0;
      for (const auto& [id, row] : ledger.bookings) {
        const bool there = row.status == AllocationStatus::kConfirmed &&
                           std::binary_search(row.dates.begin(), row.dates.end(), date);
        if (there) booked += row.quantity;
      }
      if (d.available != d.max - booked) wrong("places are lost on " + to_string(date));
    }
  }
}

void Machine::books_and_tables_agree() {
  Host& host = *slots_[2].host;
  const auto audit = host.ask(Verify{});
  if (!audit.ok() || !std::get<VerifyAnswer>(audit->value()).violations.empty()) {
    return wrong("verify finds something");
  }
  std::size_t holds = 0;
  std::size_t bookings = 0;
  for (const auto& key : resources_) {
    KeyScope scope;
    scope.key = key;
    scope.everything = true;
    for (const auto& id : holds_) {
      if (key_of(id) == key) scope.hold_ids.push_back(id);
    }
    const auto found = database_.storage->read({.keys = {scope}});
    if (!found.ok()) return wrong(found.error().message);
    const Ledger& ledger = books_.of(key);
    for (const auto& row : found->keys[0].holds) {
      const auto at = ledger.holds.find(row.hold.id);
      if (at == ledger.holds.end() || text(at->second) != text(row)) {
        return wrong("a hold is not in the books: " + row.hold.id);
      }
      ++holds;
    }
    for (const auto& row : found->keys[0].allocations) {
      const auto at = ledger.bookings.find(row.id);
      if (at == ledger.bookings.end() || text(at->second) != text(row)) {
        return wrong("a booking is not in the books: " + row.id);
      }
      ++bookings;
    }
  }
  if (holds != holds_.size() || bookings != bookings_.size()) wrong("the tables have lost a row");
}

}  // namespace holdfast::test::machine
