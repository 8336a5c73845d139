// What clients want: few resources, few days and few places, so that they get in each other's way.
#include <algorithm>
#include <set>
#include <utility>

#include "support/rows.hpp"
#include "time_machine/machine.hpp"

namespace holdfast::test::machine {
namespace {

using namespace std::chrono_literals;

constexpr int kResources = 4;
constexpr int kDays = 4;

}  // namespace

void Machine::open_shop() {
  for (int n = 0; n < kResources; ++n) {
    const auto made = slots_[2].host->answer({CreateResource{.type = "TOUR", .name = "Tour"}});
    const auto& answer = std::get<ResourceAnswer>(made.at(0)->value());
    resources_.push_back(answer.resource.id);
    // The last one has many places, so that more holds can be due than one transaction records.
    const int places = n + 1 == kResources ? kCoach : dice_.between(1, 4);
    const auto set = slots_[2].host->answer({InitializeCapacity{.resource_id = resources_.back(),
                                                                .start_date = day(0),
                                                                .end_date = day(kDays - 1),
                                                                .daily_capacity = places}});
    if (!set.at(0).ok()) throw Wrong("no shop");
  }
}

std::string Machine::fresh_token() { return "t" + std::to_string(++tokens_); }

std::vector<Date> Machine::some_days(int most) {
  std::set<Date> out;
  for (int i = dice_.between(1, most); i > 0; --i) out.insert(day(dice_.between(0, kDays - 1)));
  return {out.begin(), out.end()};
}

// A recent one: what is long over is of no interest to anybody.
std::string Machine::some_hold() {
  const std::size_t recent = std::min<std::size_t>(holds_.size(), 12);
  return holds_[holds_.size() - 1 - dice_.below(recent)];
}

Errand& Machine::new_errand(Request request) {
  auto errand = std::make_unique<Errand>();
  errand->request = std::move(request);
  if (faults_on_ && dice_.chance(weather_.poison)) {
    if (auto* hold = std::get_if<CreateHold>(&errand->request)) {
      hold->idempotency_token = "poison" + hold->idempotency_token;
      errand->poisoned = true;
    }
  }
  if (dice_.chance(0.02) && !errands_.empty()) {
    // A token that is known, and another quantity than it stood for.
    const Errand& other = *dice_.one_of(errands_);
    const auto* first = std::get_if<CreateHold>(&other.request);
    if (first != nullptr && !other.mismatch && effect(books_, other)) {
      CreateHold second = *first;
      ++second.quantity;
      errand->request = second;
      errand->mismatch = true;
      errand->poisoned = false;
    }
  }
  errands_.push_back(std::move(errand));
  return *errands_.back();
}

// An open one, or late again one that was answered.
Errand& Machine::some_errand() {
  if (errands_.empty()) return new_errand();
  const std::size_t recent = std::min<std::size_t>(errands_.size(), dice_.chance(0.8) ? 24 : 1000);
  for (int i = 0; i < 4; ++i) {
    Errand& errand = *errands_[errands_.size() - 1 - dice_.below(recent)];
    if (!errand.settled || dice_.chance(0.2)) return errand;
  }
  return *errands_[errands_.size() - 1 - dice_.below(recent)];
}

Request Machine::make_request() {
  const int roll = dice_.between(1, 100);
  if (roll <= 42 || holds_.empty()) return make_hold();
  if (roll <= 62) return make_touch();
  if (roll <= 90) return make_booking();
  return make_shop();
}

Request Machine::make_hold() {
  const auto ttl = [&]() -> std::optional<std::chrono::milliseconds> {
    if (dice_.chance(0.5)) return std::nullopt;
    return std::chrono::seconds(dice_.between(1, 1800));
  };
  if (dice_.chance(0.02)) return make_seat(dice_.between(kCoach / 2, kCoach));
  if (dice_.chance(0.85)) {
    return CreateHold{.resource_id = dice_.one_of(resources_),
                      .dates = some_days(3),
                      .quantity = dice_.chance(0.8) ? 1 : dice_.between(1, 3),
                      .idempotency_token = fresh_token(),
                      .ttl = ttl()};
  }
  CreateHolds group;
  for (int i = dice_.between(1, 3); i > 0; --i) {
    group.items.push_back({dice_.one_of(resources_), some_days(2), dice_.between(1, 2)});
  }
  group.idempotency_token = fresh_token();
  group.ttl = ttl();
  return group;
}

Request Machine::make_seat(int quantity) {
  return CreateHold{.resource_id = resources_.back(),
                    .dates = {day(0)},
                    .quantity = quantity,
                    .idempotency_token = fresh_token()};
}

Request Machine::make_touch() {
  const int roll = dice_.between(1, 3);
  if (roll == 1) {
    return ExtendHold{.hold_id = some_hold(),
                      .ttl = std::chrono::minutes(dice_.between(1, 150)),
                      .idempotency_token = fresh_token()};
  }
  if (roll == 2) return ReleaseHold{.hold_id = some_hold()};
  MoveHold move{.hold_id = some_hold(), .dates = some_days(3), .idempotency_token = fresh_token()};
  if (dice_.chance(0.3)) move.quantity = dice_.between(1, 3);
  return move;
}

Request Machine::make_booking() {
  const int roll = dice_.between(1, 10);
  const auto order = "o" + std::to_string(dice_.between(1, 400));
  const auto late = dice_.chance(0.5) ? IfExpired::kReclaim : IfExpired::kReject;
  if (roll <= 6 || bookings_.empty()) {
    return ConfirmHold{.hold_id = some_hold(), .order_id = order, .if_expired = late};
  }
  if (roll == 7) {
    ConfirmHolds several{.hold_ids = {some_hold()}, .order_id = order, .if_expired = late};
    const std::string second = some_hold();
    if (second != several.hold_ids[0]) several.hold_ids.push_back(second);
    return several;
  }
  if (roll <= 9) return CancelAllocation{.allocation_id = dice_.one_of(bookings_)};
  return MoveAllocation{.allocation_id = dice_.one_of(bookings_),
                        .dates = some_days(3),
                        .idempotency_token = fresh_token()};
}

Request Machine::make_shop() {
  const std::string& resource = dice_.one_of(resources_);
  const int roll = dice_.between(1, 10);
  if (roll <= 4) {
    return AdjustCapacity{.resource_id = resource,
                          .dates = some_days(2),
                          .delta = dice_.chance(0.5) ? 1 : -1,
                          .idempotency_token = fresh_token()};
  }
  if (roll <= 6) {
    const int first = dice_.between(0, kDays - 1);
    return CreateBlackout{
        .resource_id = resource,
        .start_date = day(first),
        .end_date = day(first),
        .on_conflict = dice_.chance(0.5) ? OnConflict::kKeep : OnConflict::kRefuse,
        .idempotency_token = fresh_token()};
  }
  if (roll <= 8 && !blackouts_.empty()) {
    return DeleteBlackout{.blackout_id = dice_.one_of(blackouts_)};
  }
  if (roll == 9) {
    return UpdateResource{.resource_id = resource, .is_active = dice_.chance(0.85)};
  }
  if (dice_.chance(0.15)) return DeleteResource{.resource_id = resource};
  return RestoreResource{.resource_id = resource};
}

}  // namespace holdfast::test::machine
