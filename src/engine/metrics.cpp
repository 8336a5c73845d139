#include "engine/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::engine {

void Metrics::requested(const core::Command& command) {
  if (const auto* r = std::get_if<CreateHolds>(&command.action)) {
    requested_ += static_cast<std::int64_t>(r->items.size());
  }
}

void Metrics::answered(const core::Verdict& verdict) {
  if (const auto* rejection = std::get_if<Rejection>(&verdict)) rejected(rejection->outcome);
}

void Metrics::rejected(Outcome outcome) {
  ++rejections_[std::min(static_cast<std::size_t>(outcome), rejections_.size() - 1)];
}

void Metrics::failed(Status status) {
  ++failures_[std::min(static_cast<std::size_t>(status), failures_.size() - 1)];
}

void Metrics::committed(std::size_t commands, const core::Tally& tally) {
  const auto size = static_cast<std::int64_t>(commands);
  ++batches_;
  commands_ += size;
  std::int64_t seen = batch_size_max_;
  while (seen < size && !batch_size_max_.compare_exchange_weak(seen, size)) {
  }
  created_ += tally.created;
  replayed_ += tally.replayed;
  expired_ += tally.expired;
  confirmed_ += tally.confirmed;
  cancelled_ += tally.cancelled;
  released_ += tally.released;
  for (const auto age : tally.hold_to_confirm) {
    const double seconds = std::chrono::duration<double>(age).count();
    const auto at = std::lower_bound(kEdges.begin(), kEdges.end(), seconds);
    ++confirm_buckets_[static_cast<std::size_t>(at - kEdges.begin())];
    confirm_micros_ += age.count();
    ++confirm_count_;
  }
}

double Metrics::confirm_p95() const {
  const auto wanted = static_cast<double>(confirm_count_) * 0.95;
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < kEdges.size(); ++i) {
    seen += confirm_buckets_[i];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return kEdges[i];
  }
  return confirm_count_ == 0 ? 0.0 : kEdges.back();
}

MetricsAnswer Metrics::snapshot() const {
  MetricsAnswer out;
  out.holds_requested = requested_;
  out.holds_created = created_;
  out.holds_replayed = replayed_;
  out.holds_confirmed = confirmed_;
  out.holds_released = released_;
  out.holds_expired = expired_;
  out.allocations_cancelled = cancelled_;
  out.batches = batches_;
  out.commands = commands_;
  out.batch_size_max = batch_size_max_;
  out.storage_retries = retries_;
  const std::int64_t count = confirm_count_;
  if (count > 0) {
    out.hold_to_confirm_mean_s =
        static_cast<double>(confirm_micros_) / static_cast<double>(count) / 1e6;
  }
  out.hold_to_confirm_p95_s = confirm_p95();
  for (std::size_t i = 0; i < rejections_.size(); ++i) {
    if (rejections_[i] != 0) out.rejections[static_cast<Outcome>(i)] = rejections_[i];
  }
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    if (failures_[i] != 0) out.failures[static_cast<Status>(i)] = failures_[i];
  }
  return out;
}

}  // namespace holdfast::engine

namespace holdfast {
namespace {

class Exposition {
 public:
  template <class T>
  void single(const char* metric, const char* kind, const char* help, T value) {
    head(metric, kind, help);
    fmt::format_to(out(), "holdfast_{} {}\n", metric, value);
  }
  void head(const char* metric, const char* kind, const char* help) {
    fmt::format_to(out(), "# HELP holdfast_{} {}\n# TYPE holdfast_{} {}\n", metric, help, metric,
                   kind);
  }
  template <class T>
  void labelled(const char* metric, const char* label, std::string_view text, T value) {
    fmt::format_to(out(), "holdfast_{}{{{}=\"{}\"}} {}\n", metric, label, text, value);
  }
  std::string text() const { return fmt::to_string(buffer_); }

 private:
  std::back_insert_iterator<fmt::memory_buffer> out() { return std::back_inserter(buffer_); }
  fmt::memory_buffer buffer_;
};

}  // namespace

std::string prometheus(const MetricsAnswer& m) {
  Exposition e;
  e.single("holds_requested_total", "counter", "Hold items asked for.", m.holds_requested);
  e.single("holds_created_total", "counter", "Holds made.", m.holds_created);
  e.single("holds_replayed_total", "counter", "Holds answered by token.", m.holds_replayed);
  e.single("holds_confirmed_total", "counter", "Holds confirmed.", m.holds_confirmed);
  e.single("holds_released_total", "counter", "Holds released.", m.holds_released);
  e.single("holds_expired_total", "counter", "Holds recorded as expired.", m.holds_expired);
  e.single("allocations_cancelled_total", "counter", "Allocations cancelled.",
           m.allocations_cancelled);
  e.head("rejections_total", "counter", "Requests refused, by reason.");
  for (const auto& [outcome, count] : m.rejections) {
    e.labelled("rejections_total", "reason", name(outcome), count);
  }
  e.head("failures_total", "counter", "Requests that were not answered, by status.");
  for (const auto& [status, count] : m.failures) {
    e.labelled("failures_total", "status", name(status), count);
  }
  e.single("hold_to_confirm_mean_seconds", "gauge", "Mean time from hold to confirm.",
           m.hold_to_confirm_mean_s);
  e.single("hold_to_confirm_p95_seconds", "gauge", "95th percentile, as its bucket's upper edge.",
           m.hold_to_confirm_p95_s);
  e.single("batches_total", "counter", "Transactions committed.", m.batches);
  e.single("commands_total", "counter", "Commands decided in them.", m.commands);
  e.single("batch_size_max", "gauge", "Commands of the largest batch.", m.batch_size_max);
  e.single("storage_retries_total", "counter", "Transactions tried again.", m.storage_retries);
  e.single("lock_waits_total", "counter", "Transactions that met a locked key.", m.lock_waits);
  e.single("lock_timeouts_total", "counter", "Transactions that gave up on one.", m.lock_timeouts);
  e.single("queue_depth", "gauge", "Commands waiting.", m.queue_depth);
  if (!m.use.empty()) {
    e.head("capacity_in_use_ratio", "gauge", "Held and booked today, of all places.");
    for (const auto& use : m.use) {
      e.labelled("capacity_in_use_ratio", "resource_id", use.resource_id, utilisation(use.today));
    }
  }
  return e.text();
}

}  // namespace holdfast
