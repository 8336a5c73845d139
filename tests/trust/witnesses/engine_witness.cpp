#include "witnesses/engine_witness.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "holdfast/engine.hpp"

namespace holdfast::test::witnesses {
namespace {

template <class T>
T must(Reply<T> reply) {
  if (!reply.ok()) throw std::runtime_error(reply.error().message);
  if (!reply->accepted()) throw std::runtime_error(name(reply->outcome()));
  return std::move(reply->value());
}

class EngineWitness final : public RowWitness {
 public:
  EngineWitness(std::string name, const std::string& uri, std::function<Instant()> clock)
      : name_(std::move(name)) {
    EngineOptions options;
    options.clock = std::move(clock);
    options.timezone = "UTC";
    auto engine = Engine::open(uri, std::move(options));
    if (!engine.ok()) throw std::runtime_error(engine.error().message);
    engine_ = std::move(*engine);
    must(engine_->migrate());
    add_nobodies(names_);
  }

  std::string name() const override { return name_; }

  Answer answer(const Step& step) override {
    step_ = &step;
    const Reply<Value> reply = engine_->execute(request_of(step));
    if (!reply.ok()) throw std::runtime_error(reply.error().message);
    if (!reply->accepted()) return refusal(reply->rejection());
    Answer out;
    std::visit([&](const auto& value) { show(out, value); }, reply->value());
    return out;
  }

  ResourceState state(const std::string& resource, Date first, Date last) override {
    const std::string& id = names_.id(resource);
    ResourceState out;
    out.resource = seen(must(engine_->retrieve_resource({id})).resource);
    const auto report = must(engine_->get_capacity_report({id, first, last}));
    const auto available = engine_->check_availability({id, first, last});
    for (std::size_t i = 0; i < report.days.size(); ++i) {
      const ReportDay& d = report.days[i];
      DayState day{d.date, d.max_capacity, d.available_capacity, d.held, d.booked, d.blackout, {}};
      day.reason =
          available->accepted() ? holdfast::name(available->value().days[i].reason) : "DELETED";
      out.days.push_back(std::move(day));
    }
    for (const auto& row : all<Hold>(ListHolds{.resource_id = id, .limit = 1000})) {
      out.holds.push_back(seen(row));
    }
    for (const auto& row : all<Allocation>(ListAllocations{.resource_id = id, .limit = 1000})) {
      out.bookings.push_back(seen(row));
    }
    for (const auto& row : all<Blackout>(ListBlackouts{.resource_id = id, .limit = 1000})) {
      out.blackouts.push_back(seen(row));
    }
    return out;
  }

  std::size_t violations() override { return must(engine_->verify()).violations.size(); }

 private:
  template <class Row, class List>
  std::vector<Row> all(List list) {
    std::vector<Row> out;
    do {
      const auto value = must(engine_->execute(list));
      const auto& page = std::get<Page<Row>>(value);
      out.insert(out.end(), page.items.begin(), page.items.end());
      list.after = page.next;
    } while (!list.after.empty());
    return out;
  }

  // ---- what is asked ----------------------------------------------------------------------------

  std::string id(const std::string& name) const { return names_.id(name); }
  std::vector<std::string> ids(const std::vector<std::string>& names) const {
    std::vector<std::string> out;
    for (const auto& name : names) out.push_back(id(name));
    return out;
  }
  static std::optional<std::chrono::milliseconds> ttl(const Step& s) {
    if (!s.ttl_s) return std::nullopt;
    return std::chrono::seconds(*s.ttl_s);
  }

  Request request_of(const Step& s) {
    switch (s.operation) {
      case Operation::kCreateResource:
        return CreateResource{
            .type = "TOUR", .name = "Tour", .timezone = s.timezone, .idempotency_token = s.token};
      case Operation::kUpdateResource:
        return UpdateResource{.resource_id = id(s.items[0].resource),
                              .is_active = s.flag,
                              .idempotency_token = s.token};
      case Operation::kDeleteResource:
        return DeleteResource{.resource_id = id(s.items[0].resource)};
      case Operation::kRestoreResource:
        return RestoreResource{.resource_id = id(s.items[0].resource)};
      case Operation::kInitialize:
        return InitializeCapacity{.resource_id = id(s.items[0].resource),
                                  .start_date = s.items[0].days.front(),
                                  .end_date = s.items[0].days.back(),
                                  .daily_capacity = s.number_wanted,
                                  .on_existing = s.flag ? OnExisting::kReplace : OnExisting::kKeep,
                                  .idempotency_token = s.token};
      case Operation::kAdjust:
        return AdjustCapacity{.resource_id = id(s.items[0].resource),
                              .dates = s.items[0].days,
                              .delta = s.number_wanted,
                              .idempotency_token = s.token};
      case Operation::kCreateBlackout:
        return CreateBlackout{.resource_id = id(s.items[0].resource),
                              .start_date = s.items[0].days.front(),
                              .end_date = s.items[0].days.back(),
                              .on_conflict = s.flag ? OnConflict::kKeep : OnConflict::kRefuse,
                              .idempotency_token = s.token};
      case Operation::kDeleteBlackout:
        return DeleteBlackout{.blackout_id = id(s.row)};
      case Operation::kCleanup:
        return CleanupExpiredHolds{};
      case Operation::kPrune:
        return Prune{.older_than = std::chrono::hours(s.number_wanted)};
      default:
        return booking_request_of(s);
    }
  }

  Request booking_request_of(const Step& s) {
    switch (s.operation) {
      case Operation::kCreateHold:
        return CreateHold{.resource_id = id(s.items[0].resource),
                          .dates = s.items[0].days,
                          .quantity = s.items[0].quantity,
                          .idempotency_token = s.token,
                          .holder = s.holder,
                          .ttl = ttl(s)};
      case Operation::kCreateHolds: {
        CreateHolds r{.items = {}, .idempotency_token = s.token, .holder = s.holder, .ttl = ttl(s)};
        for (const auto& item : s.items) {
          r.items.push_back({id(item.resource), item.days, item.quantity});
        }
        return r;
      }
      case Operation::kExtend:
        if (s.holds.size() == 1) {
          return ExtendHold{id(s.holds[0]), ttl(s), s.holder, s.as_host, s.token};
        }
        return ExtendHolds{ids(s.holds), ttl(s), s.holder, s.as_host, s.token};
      case Operation::kConfirm: {
        const auto late = s.flag ? IfExpired::kReclaim : IfExpired::kReject;
        if (s.holds.size() == 1) {
          return ConfirmHold{id(s.holds[0]), s.order, s.line, late, s.holder, s.as_host, {}};
        }
        return ConfirmHolds{ids(s.holds), s.order, s.line, late, s.holder, s.as_host, {}};
      }
      case Operation::kRelease:
        if (s.holds.size() == 1) return ReleaseHold{id(s.holds[0]), s.holder, s.as_host, {}};
        return ReleaseHolds{ids(s.holds), s.holder, s.as_host, {}};
      case Operation::kMoveHold:
        return MoveHold{id(s.holds[0]), s.items[0].days, quantity(s), s.holder, s.as_host, s.token};
      case Operation::kMoveAllocation:
        return MoveAllocation{id(s.row), s.items[0].days, quantity(s), s.token};
      case Operation::kCancel:
        return CancelAllocation{.allocation_id = id(s.row)};
      default:
        return CancelAllocation{.order_id = s.order, .line_item_id = s.line};
    }
  }

  static std::optional<std::int32_t> quantity(const Step& s) {
    return s.items[0].quantity > 0 ? std::optional(s.items[0].quantity) : std::nullopt;
  }

  // ---- what is answered -------------------------------------------------------------------------

  std::string fresh(char kind, std::size_t n) const {
    return kind + std::to_string(step_->number) + "." + std::to_string(n);
  }
  ResourceSeen seen(const Resource& r) {
    const std::string made = step_->items.empty() ? "?" : step_->items[0].resource;
    return {names_.of(r.id, made), r.is_active, r.updated_at, r.deleted_at};
  }
  HoldSeen seen(const Hold& h, std::size_t n = 0) {
    return {.name = names_.of(h.id, fresh('h', n)),
            .resource = names_.of(h.resource_id),
            .status = holdfast::name(h.status),
            .holder = h.holder,
            .token = own_token(h.idempotency_token),
            .group = names_.of(h.group_id, "g" + std::to_string(step_->number)),
            .days = h.dates,
            .quantity = h.quantity,
            .expires_at = h.expires_at,
            .created_at = h.created_at,
            .updated_at = h.updated_at};
  }
  BookingSeen seen(const Allocation& a, std::size_t n = 0) {
    return {.name = names_.of(a.id, fresh('a', n)),
            .resource = names_.of(a.resource_id),
            .hold = names_.of(a.hold_id),
            .order = a.order_id,
            .line = a.line_item_id,
            .status = holdfast::name(a.status),
            .days = a.dates,
            .quantity = a.quantity,
            .created_at = a.created_at,
            .cancelled_at = a.cancelled_at};
  }
  BlackoutSeen seen(const Blackout& b) {
    return {names_.of(b.id, fresh('b', 0)),
            names_.of(b.resource_id),
            b.start_date,
            b.end_date,
            b.created_at,
            b.deleted_at};
  }

  Answer refusal(const Rejection& r) {
    Answer out;
    out.outcome = holdfast::name(r.outcome);
    out.about = names_.of(r.id, r.id);
    if (r.reason != Outcome::kAccepted) out.reason = holdfast::name(r.reason);
    for (const auto& d : r.days) {
      out.days.push_back({names_.of(d.resource_id), d.date, d.requested, d.available_capacity});
    }
    for (const auto& row : r.holds) out.holds.push_back(seen(row));
    for (const auto& row : r.allocations) out.bookings.push_back(seen(row));
    return out;
  }

  void show(Answer& out, const ResourceAnswer& v) {
    out.replayed = v.replayed;
    out.resources = {seen(v.resource)};
  }
  void show(Answer& out, const CapacityInitialized& v) {
    out.replayed = v.replayed;
    out.counts = {v.days_created, v.days_changed};
  }
  void show(Answer& out, const CapacityAdjusted& v) {
    out.replayed = v.replayed;
    for (const auto& d : v.days) {
      out.days.push_back({names_.of(d.resource_id), d.date, d.max_capacity, d.available_capacity});
    }
  }
  void show(Answer& out, const HoldAnswer& v) {
    out.replayed = v.replayed;
    out.holds = {seen(v.hold)};
  }
  void show(Answer& out, const HoldsAnswer& v) {
    out.replayed = v.replayed;
    for (std::size_t i = 0; i < v.holds.size(); ++i) out.holds.push_back(seen(v.holds[i], i));
  }
  void show(Answer& out, const AllocationAnswer& v) {
    out.replayed = v.replayed;
    out.bookings = {seen(v.allocation)};
  }
  void show(Answer& out, const AllocationsAnswer& v) {
    out.replayed = v.replayed;
    for (std::size_t i = 0; i < v.allocations.size(); ++i) {
      out.bookings.push_back(seen(v.allocations[i], i));
    }
  }
  void show(Answer& out, const BlackoutAnswer& v) {
    out.replayed = v.replayed;
    out.blackouts = {seen(v.blackout)};
    for (const auto& row : v.holds) out.holds.push_back(seen(row));
    for (const auto& row : v.allocations) out.bookings.push_back(seen(row));
  }
  void show(Answer& out, const CleanupAnswer& v) { out.counts = {v.expired}; }
  void show(Answer& out, const PruneAnswer& v) {
    out.counts = {v.holds_removed, v.tokens_removed, v.blackouts_removed};
  }
  template <class V>
  void show(Answer& out, const V&) {
    out.outcome = "a value that nobody asked for";
  }

  const std::string name_;
  std::unique_ptr<Engine> engine_;
  Names names_{};
  const Step* step_ = nullptr;
};

}  // namespace

std::unique_ptr<Witness> open_engine_witness(const std::string& name, const std::string& uri,
                                             std::function<Instant()> clock) {
  return std::make_unique<EngineWitness>(name, uri, std::move(clock));
}

}  // namespace holdfast::test::witnesses
