#include "witnesses/step.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::test::witnesses {
namespace {

std::string micros(Instant at) { return std::to_string(at.time_since_epoch().count()); }
std::string micros(const std::optional<Instant>& at) { return at ? micros(*at) : "-"; }

std::string listed(const std::vector<Date>& days) {
  std::string out;
  for (const Date day : days) {
    out += (out.empty() ? "" : ",") + std::to_string(day.time_since_epoch().count());
  }
  return out;
}

void put(std::string& out, const char* field, const std::string& value) {
  if (!value.empty()) out += std::string(" ") + field + "=" + value;
}

template <class Row>
void put_sorted(std::string& out, const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  for (const auto& row : rows) lines.push_back(text(row));
  std::sort(lines.begin(), lines.end());
  for (const auto& line : lines) out += "\n    " + line;
}

template <class Row>
void put_rows(std::string& out, const std::vector<Row>& rows) {
  for (const auto& row : rows) out += "\n    " + text(row);
}

}  // namespace

const char* name(Operation operation) {
  static constexpr const char* kNames[] = {
      "create_resource", "update_resource", "delete_resource", "restore_resource",
      "initialize",      "adjust",          "create_hold",     "create_holds",
      "extend_holds",    "confirm_holds",   "release_holds",   "move_hold",
      "cancel",          "cancel_order",    "move_allocation", "create_blackout",
      "delete_blackout", "cleanup",         "prune",
  };
  return kNames[static_cast<std::size_t>(operation)];
}

std::string text(const Step& step) {
  std::string out =
      std::to_string(step.number) + " " + micros(step.now) + " " + name(step.operation);
  for (const auto& item : step.items) {
    out += " " + item.resource + ":" + listed(item.days) + "*" + std::to_string(item.quantity);
  }
  for (const auto& hold : step.holds) out += " " + hold;
  if (!step.row.empty()) out += " " + step.row;
  put(out, "token", step.token);
  put(out, "holder", step.holder);
  put(out, "order", step.order);
  put(out, "line", step.line);
  put(out, "timezone", step.timezone);
  if (step.as_host) out += " as_host";
  if (step.flag) out += " flag";
  if (step.number_wanted != 0) put(out, "number", std::to_string(step.number_wanted));
  if (step.ttl_s) put(out, "ttl", std::to_string(*step.ttl_s));
  return out;
}

std::string text(const HoldSeen& h) {
  return "hold " + h.name + " of " + h.resource + " " + h.status + " " + listed(h.days) + "*" +
         std::to_string(h.quantity) + " expires " + micros(h.expires_at) + " made " +
         micros(h.created_at) + " changed " + micros(h.updated_at) + " holder <" + h.holder +
         "> token <" + h.token + "> group <" + h.group + ">";
}

std::string text(const BookingSeen& b) {
  return "booking " + b.name + " of " + b.resource + " " + b.status + " hold " + b.hold + " " +
         listed(b.days) + "*" + std::to_string(b.quantity) + " order <" + b.order + "> line <" +
         b.line + "> made " + micros(b.created_at) + " cancelled " + micros(b.cancelled_at);
}

std::string text(const BlackoutSeen& b) {
  return "blackout " + b.name + " of " + b.resource + " " + listed({b.start, b.end}) + " made " +
         micros(b.created_at) + " deleted " + micros(b.deleted_at);
}

std::string text(const DaySeen& d) {
  return "day " + d.resource + " " + listed({d.date}) + " " + std::to_string(d.asked) + " " +
         std::to_string(d.available);
}

std::string text(const ResourceSeen& r) {
  return "resource " + r.name + (r.is_active ? " active" : " inactive") + " changed " +
         micros(r.updated_at) + " deleted " + micros(r.deleted_at);
}

// Rows come in the request's order, but for those that a closed range has inside, which have ids of
// one instant and so no order that witnesses share.
std::string text(const Answer& a) {
  std::string out = a.outcome + (a.replayed ? " again" : "");
  put(out, "about", a.about);
  put(out, "reason", a.reason);
  for (const auto count : a.counts) out += " " + std::to_string(count);
  put_rows(out, a.resources);
  put_rows(out, a.days);
  if (!a.blackouts.empty() || a.outcome == "BLACKOUT_CONFLICT") {
    put_rows(out, a.blackouts);
    put_sorted(out, a.holds);
    put_sorted(out, a.bookings);
    return out;
  }
  put_rows(out, a.holds);
  put_rows(out, a.bookings);
  return out;
}

std::string text(const ResourceState& s) {
  std::string out = text(s.resource);
  for (const auto& d : s.days) {
    out += "\n    day " + listed({d.date}) + " max " + std::to_string(d.max) + " available " +
           std::to_string(d.available) + " held " + std::to_string(d.held) + " booked " +
           std::to_string(d.booked) + (d.blackout ? " blackout" : "") + " " + d.reason;
  }
  put_sorted(out, s.holds);
  put_sorted(out, s.bookings);
  put_sorted(out, s.blackouts);
  return out;
}

// Bookings of one order were made at one instant; which comes first is each witness's own.
std::string RowWitness::said(const Step& step) {
  last_ = answer(step);
  if (step.operation == Operation::kCancelOrder) {
    std::sort(last_.bookings.begin(), last_.bookings.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  return text(last_);
}

std::string cut_to_milliseconds(std::string text) {
  constexpr std::ptrdiff_t kDigits = 16;  // of an instant in this century
  for (auto at = text.begin(); at != text.end();) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto first = std::find_if(at, text.end(), is_digit);
    at = std::find_if_not(first, text.end(), is_digit);
    if (at - first == kDigits) std::fill(at - 3, at, '0');
  }
  return text;
}

void add_nobodies(Names& names) {
  const std::string other = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  names.add("nobody's-resource", "res_" + other);
  names.add("nobody's-hold", "hold_" + other + "_" + other);
  names.add("nobody's-booking", "alloc_" + other + "_" + other);
  names.add("nobody's-blackout", "blk_" + other + "_" + other);
}

}  // namespace holdfast::test::witnesses
