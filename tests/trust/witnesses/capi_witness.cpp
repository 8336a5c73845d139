#include <stdexcept>
#include <utility>

#include "holdfast.h"
#include "witnesses/engine_witness.hpp"

namespace holdfast::test::witnesses {
namespace {

struct FreeResult {
  void operator()(holdfast_result* result) const { holdfast_result_free(result); }
};
using ResultPtr = std::unique_ptr<holdfast_result, FreeResult>;

template <class Struct>
Struct sized() {
  Struct out{};
  out.struct_size = sizeof(Struct);
  return out;
}

holdfast_str str(const std::string& text) { return {text.data(), text.size()}; }
std::string text_of(holdfast_str text) { return {text.data, text.size}; }
Instant instant(holdfast_instant at) { return Instant(std::chrono::microseconds(at)); }
Date date(holdfast_date day) { return Date(std::chrono::days(day)); }
holdfast_date date(Date day) { return static_cast<holdfast_date>(day.time_since_epoch().count()); }

std::vector<holdfast_date> dates(const std::vector<Date>& days) {
  std::vector<holdfast_date> out;
  for (const Date day : days) out.push_back(date(day));
  return out;
}
std::vector<Date> dates(const holdfast_date* days, std::size_t count) {
  std::vector<Date> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(date(days[i]));
  return out;
}

template <class Row, class Get, class Visit>
void each(Get get, const holdfast_result* result, Visit visit) {
  std::size_t count = 0;
  const Row* rows = get(result, &count);
  for (std::size_t i = 0; i < count; ++i) visit(rows[i], i);
}

class CapiWitness final : public RowWitness {
 public:
  CapiWitness(const std::string& uri, const std::function<Instant()>& clock) {
    auto options = sized<holdfast_options>();
    options.abi_version = HOLDFAST_ABI_VERSION;
    options.uri = str(uri);
    options.timezone = HOLDFAST_STR("UTC");
    options.clock = [](void* data) -> holdfast_instant {
      return (*static_cast<const std::function<Instant()>*>(data))().time_since_epoch().count();
    };
    options.clock_user_data = const_cast<std::function<Instant()>*>(&clock);
    auto error = sized<holdfast_error>();
    if (holdfast_open(&options, &engine_, &error) != HOLDFAST_STATUS_OK) {
      throw std::runtime_error(error.message);
    }
    ask(holdfast_migrate, sized<holdfast_migrate_request>());
    add_nobodies(names_);
  }
  CapiWitness(const CapiWitness&) = delete;
  CapiWitness& operator=(const CapiWitness&) = delete;
  ~CapiWitness() override { holdfast_close(engine_, nullptr); }

  std::string name() const override { return "C ABI on sqlite"; }

  Answer answer(const Step& step) override {
    step_ = &step;
    return answer_of(carry_out(step).get());
  }

  ResourceState state(const std::string& resource, Date first, Date last) override {
    const std::string& id = names_.id(resource);
    ResourceState out;
    auto retrieve = sized<holdfast_retrieve_resource_request>();
    retrieve.resource_id = str(id);
    out.resource = answer_of(ask(holdfast_retrieve_resource, retrieve).get()).resources.at(0);
    days(out, id, first, last);
    auto holds = sized<holdfast_list_holds_request>();
    holds.resource_id = str(id);
    out.holds = all(holdfast_list_holds, holds).holds;
    auto bookings = sized<holdfast_list_allocations_request>();
    bookings.resource_id = str(id);
    out.bookings = all(holdfast_list_allocations, bookings).bookings;
    auto blackouts = sized<holdfast_list_blackouts_request>();
    blackouts.resource_id = str(id);
    out.blackouts = all(holdfast_list_blackouts, blackouts).blackouts;
    return out;
  }

  std::size_t violations() override {
    std::size_t count = 0;
    holdfast_result_violations(ask(holdfast_verify, sized<holdfast_verify_request>()).get(),
                               &count);
    return count;
  }

 private:
  template <class Call, class Request>
  ResultPtr ask(Call call, const Request& request) {
    holdfast_result* result = nullptr;
    auto error = sized<holdfast_error>();
    if (call(engine_, &request, &result, &error) != HOLDFAST_STATUS_OK) {
      throw std::runtime_error(error.message);
    }
    return ResultPtr(result);
  }

  template <class Call, class Request>
  Answer all(Call call, Request request) {
    Answer out;
    std::string after;
    do {
      request.limit = 1000;
      request.after = str(after);
      const ResultPtr page = ask(call, request);
      const Answer rows = answer_of(page.get());
      out.holds.insert(out.holds.end(), rows.holds.begin(), rows.holds.end());
      out.bookings.insert(out.bookings.end(), rows.bookings.begin(), rows.bookings.end());
      out.blackouts.insert(out.blackouts.end(), rows.blackouts.begin(), rows.blackouts.end());
      after = text_of(holdfast_result_next(page.get()));
    } while (!after.empty());
    return out;
  }

  void days(ResourceState& out, const std::string& id, Date first, Date last) {
    auto report = sized<holdfast_get_capacity_report_request>();
    report.resource_id = str(id);
    report.start_date = date(first);
    report.end_date = date(last);
    const ResultPtr reported = ask(holdfast_get_capacity_report, report);
    auto check = sized<holdfast_check_availability_request>();
    check.resource_id = str(id);
    check.start_date = date(first);
    check.end_date = date(last);
    check.quantity = 1;
    const ResultPtr checked = ask(holdfast_check_availability, check);
    const auto* free = holdfast_result_availabilities(checked.get(), nullptr);
    const auto* rows = holdfast_result_reports(reported.get(), nullptr);
    for (std::size_t i = 0; i < rows->days_count; ++i) {
      const auto& d = rows->days[i];
      out.days.push_back(
          {date(d.date), d.max_capacity, d.available_capacity, d.held, d.booked, d.blackout != 0,
           free == nullptr ? "DELETED" : holdfast_unavailable_name(free->days[i].reason)});
    }
  }

  // ---- what is asked ----------------------------------------------------------------------------

  holdfast_str id(const std::string& name) { return str(names_.id(name)); }
  std::vector<holdfast_str> ids(const std::vector<std::string>& names) {
    std::vector<holdfast_str> out;
    for (const auto& name : names) out.push_back(id(name));
    return out;
  }

  ResultPtr carry_out(const Step& s) {
    switch (s.operation) {
      case Operation::kCreateResource:
      case Operation::kUpdateResource:
      case Operation::kDeleteResource:
      case Operation::kRestoreResource:
        return about_resources(s);
      case Operation::kInitialize:
      case Operation::kAdjust:
      case Operation::kCreateBlackout:
      case Operation::kDeleteBlackout:
        return about_days(s);
      case Operation::kCreateHold:
      case Operation::kCreateHolds:
      case Operation::kExtend:
      case Operation::kRelease:
      case Operation::kMoveHold:
        return about_holds(s);
      case Operation::kConfirm:
      case Operation::kCancel:
      case Operation::kCancelOrder:
      case Operation::kMoveAllocation:
        return about_bookings(s);
      case Operation::kCleanup:
        return ask(holdfast_cleanup_expired_holds, sized<holdfast_cleanup_expired_holds_request>());
      case Operation::kPrune:
        break;
    }
    auto r = sized<holdfast_prune_request>();
    r.older_than_hours = s.number_wanted;
    return ask(holdfast_prune, r);
  }

  ResultPtr about_resources(const Step& s) {
    if (s.operation == Operation::kCreateResource) {
      auto r = sized<holdfast_create_resource_request>();
      r.type = HOLDFAST_STR("TOUR");
      r.name = HOLDFAST_STR("Tour");
      r.timezone = str(s.timezone);
      r.idempotency_token = str(s.token);
      return ask(holdfast_create_resource, r);
    }
    const holdfast_str resource = id(s.items[0].resource);
    if (s.operation == Operation::kUpdateResource) {
      auto r = sized<holdfast_update_resource_request>();
      r.resource_id = resource;
      r.is_active = s.flag ? HOLDFAST_YES : HOLDFAST_NO;
      r.idempotency_token = str(s.token);
      return ask(holdfast_update_resource, r);
    }
    if (s.operation == Operation::kDeleteResource) {
      auto r = sized<holdfast_delete_resource_request>();
      r.resource_id = resource;
      return ask(holdfast_delete_resource, r);
    }
    auto r = sized<holdfast_restore_resource_request>();
    r.resource_id = resource;
    return ask(holdfast_restore_resource, r);
  }

  ResultPtr about_days(const Step& s) {
    if (s.operation == Operation::kDeleteBlackout) {
      auto r = sized<holdfast_delete_blackout_request>();
      r.blackout_id = id(s.row);
      return ask(holdfast_delete_blackout, r);
    }
    const auto days = dates(s.items[0].days);
    if (s.operation == Operation::kAdjust) {
      auto r = sized<holdfast_adjust_capacity_request>();
      r.resource_id = id(s.items[0].resource);
      r.dates = days.data();
      r.dates_count = days.size();
      r.delta = s.number_wanted;
      r.idempotency_token = str(s.token);
      return ask(holdfast_adjust_capacity, r);
    }
    if (s.operation == Operation::kInitialize) {
      auto r = sized<holdfast_initialize_capacity_request>();
      r.resource_id = id(s.items[0].resource);
      r.start_date = days.front();
      r.end_date = days.back();
      r.daily_capacity = s.number_wanted;
      r.on_existing = s.flag ? HOLDFAST_ON_EXISTING_REPLACE : HOLDFAST_ON_EXISTING_KEEP;
      r.idempotency_token = str(s.token);
      return ask(holdfast_initialize_capacity, r);
    }
    auto r = sized<holdfast_create_blackout_request>();
    r.resource_id = id(s.items[0].resource);
    r.start_date = days.front();
    r.end_date = days.back();
    r.on_conflict = s.flag ? HOLDFAST_ON_CONFLICT_KEEP : HOLDFAST_ON_CONFLICT_REFUSE;
    r.idempotency_token = str(s.token);
    return ask(holdfast_create_blackout, r);
  }

  ResultPtr create_holds(const Step& s) {
    std::vector<std::vector<holdfast_date>> days;
    for (const auto& item : s.items) days.push_back(dates(item.days));
    auto r = sized<holdfast_create_holds_request>();
    std::vector<holdfast_hold_item> items;
    for (std::size_t i = 0; i < s.items.size(); ++i) {
      auto item = sized<holdfast_hold_item>();
      item.resource_id = id(s.items[i].resource);
      item.quantity = s.items[i].quantity;
      item.dates = days[i].data();
      item.dates_count = days[i].size();
      items.push_back(item);
    }
    r.items = items.data();
    r.items_count = items.size();
    r.ttl_ms = s.ttl_s.value_or(0) * 1000;
    r.idempotency_token = str(s.token);
    r.holder = str(s.holder);
    return ask(holdfast_create_holds, r);
  }

  ResultPtr about_holds(const Step& s) {
    if (s.operation == Operation::kCreateHolds) return create_holds(s);
    const auto days = s.items.empty() ? std::vector<holdfast_date>{} : dates(s.items[0].days);
    const auto holds = ids(s.holds);
    if (s.operation == Operation::kCreateHold) {
      auto r = sized<holdfast_create_hold_request>();
      r.resource_id = id(s.items[0].resource);
      r.dates = days.data();
      r.dates_count = days.size();
      r.quantity = s.items[0].quantity;
      r.ttl_ms = s.ttl_s.value_or(0) * 1000;
      r.idempotency_token = str(s.token);
      r.holder = str(s.holder);
      return ask(holdfast_create_hold, r);
    }
    if (s.operation == Operation::kExtend) {
      auto r = sized<holdfast_extend_holds_request>();
      r.as_host = s.as_host;
      r.ttl_ms = s.ttl_s.value_or(0) * 1000;
      r.hold_ids = holds.data();
      r.hold_ids_count = holds.size();
      r.holder = str(s.holder);
      r.idempotency_token = str(s.token);
      return ask(holdfast_extend_holds, r);
    }
    if (s.operation == Operation::kRelease) {
      auto r = sized<holdfast_release_holds_request>();
      r.as_host = s.as_host;
      r.hold_ids = holds.data();
      r.hold_ids_count = holds.size();
      r.holder = str(s.holder);
      return ask(holdfast_release_holds, r);
    }
    auto r = sized<holdfast_move_hold_request>();
    r.as_host = s.as_host;
    r.quantity = s.items[0].quantity;
    r.hold_id = holds[0];
    r.dates = days.data();
    r.dates_count = days.size();
    r.holder = str(s.holder);
    r.idempotency_token = str(s.token);
    return ask(holdfast_move_hold, r);
  }

  ResultPtr about_bookings(const Step& s) {
    if (s.operation == Operation::kConfirm) {
      const auto holds = ids(s.holds);
      auto r = sized<holdfast_confirm_holds_request>();
      r.if_expired = s.flag ? HOLDFAST_IF_EXPIRED_RECLAIM : HOLDFAST_IF_EXPIRED_REJECT;
      r.as_host = s.as_host;
      r.hold_ids = holds.data();
      r.hold_ids_count = holds.size();
      r.order_id = str(s.order);
      r.line_item_id = str(s.line);
      r.holder = str(s.holder);
      return ask(holdfast_confirm_holds, r);
    }
    if (s.operation == Operation::kMoveAllocation) {
      const auto days = dates(s.items[0].days);
      auto r = sized<holdfast_move_allocation_request>();
      r.quantity = s.items[0].quantity;
      r.allocation_id = id(s.row);
      r.dates = days.data();
      r.dates_count = days.size();
      r.idempotency_token = str(s.token);
      return ask(holdfast_move_allocation, r);
    }
    auto r = sized<holdfast_cancel_allocation_request>();
    if (s.operation == Operation::kCancel) {
      r.allocation_id = id(s.row);
    } else {
      r.order_id = str(s.order);
      r.line_item_id = str(s.line);
    }
    return ask(holdfast_cancel_allocation, r);
  }

  // ---- what is answered -------------------------------------------------------------------------

  std::string named(holdfast_str id, const std::string& fresh = "?") {
    return names_.of(text_of(id), fresh);
  }
  std::string fresh(char kind, std::size_t n) const {
    return kind + std::to_string(step_->number) + "." + std::to_string(n);
  }

  void rows(Answer& out, const holdfast_result* result) {
    each<holdfast_resource>(holdfast_result_resources, result, [&](const auto& r, std::size_t) {
      const std::string made = step_->items.empty() ? "?" : step_->items[0].resource;
      out.resources.push_back(
          {named(r.id, made), r.is_active != 0, instant(r.updated_at),
           r.has_deleted_at != 0 ? std::optional(instant(r.deleted_at)) : std::nullopt});
    });
    each<holdfast_hold>(holdfast_result_holds, result, [&](const auto& h, std::size_t i) {
      out.holds.push_back({.name = named(h.id, fresh('h', i)),
                           .resource = named(h.resource_id),
                           .status = holdfast_hold_status_name(h.status),
                           .holder = text_of(h.holder),
                           .token = own_token(text_of(h.idempotency_token)),
                           .group = named(h.group_id, "g" + std::to_string(step_->number)),
                           .days = dates(h.dates, h.dates_count),
                           .quantity = h.quantity,
                           .expires_at = instant(h.expires_at),
                           .created_at = instant(h.created_at),
                           .updated_at = instant(h.updated_at)});
    });
    each<holdfast_allocation>(
        holdfast_result_allocations, result, [&](const auto& a, std::size_t i) {
          out.bookings.push_back({.name = named(a.id, fresh('a', i)),
                                  .resource = named(a.resource_id),
                                  .hold = named(a.hold_id),
                                  .order = text_of(a.order_id),
                                  .line = text_of(a.line_item_id),
                                  .status = holdfast_allocation_status_name(a.status),
                                  .days = dates(a.dates, a.dates_count),
                                  .quantity = a.quantity,
                                  .created_at = instant(a.created_at),
                                  .cancelled_at = a.has_cancelled_at != 0
                                                      ? std::optional(instant(a.cancelled_at))
                                                      : std::nullopt});
        });
    each<holdfast_blackout>(holdfast_result_blackouts, result, [&](const auto& b, std::size_t) {
      out.blackouts.push_back(
          {named(b.id, fresh('b', 0)), named(b.resource_id), date(b.start_date), date(b.end_date),
           instant(b.created_at),
           b.has_deleted_at != 0 ? std::optional(instant(b.deleted_at)) : std::nullopt});
    });
  }

  Answer answer_of(const holdfast_result* result) {
    Answer out;
    out.outcome = holdfast_outcome_name(holdfast_result_outcome(result));
    out.replayed = holdfast_result_replayed(result) != 0;
    if (const auto* no = holdfast_result_rejection(result)) {
      out.about = named(no->id, text_of(no->id));
      if (no->reason != HOLDFAST_OUTCOME_ACCEPTED) out.reason = holdfast_outcome_name(no->reason);
    }
    each<holdfast_day_conflict>(holdfast_result_conflicts, result, [&](const auto& d, std::size_t) {
      out.days.push_back({named(d.resource_id), date(d.date), d.requested, d.available_capacity});
    });
    each<holdfast_capacity>(holdfast_result_capacities, result, [&](const auto& d, std::size_t) {
      out.days.push_back(
          {named(d.resource_id), date(d.date), d.max_capacity, d.available_capacity});
    });
    rows(out, result);
    if (const auto* c = holdfast_result_counts(result); c != nullptr && step_ != nullptr) {
      if (step_->operation == Operation::kInitialize) {
        out.counts = {c->days_created, c->days_changed};
      } else if (step_->operation == Operation::kCleanup) {
        out.counts = {c->holds_expired};
      } else if (step_->operation == Operation::kPrune) {
        out.counts = {c->holds_removed, c->tokens_removed, c->blackouts_removed};
      }
    }
    return out;
  }

  holdfast_engine engine_ = 0;
  Names names_{};
  const Step* step_ = nullptr;
};

}  // namespace

std::unique_ptr<Witness> open_capi_witness(const std::string& uri,
                                           const std::function<Instant()>& clock) {
  return std::make_unique<CapiWitness>(uri, clock);
}

}  // namespace holdfast::test::witnesses
