#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace holdfast::sqlite {
namespace {

namespace chr = std::chrono;

constexpr std::size_t kDateSize = 10;

std::optional<Instant> optional_instant(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.instant(column);
}

void put(char* out, unsigned value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

Resource read_brief_resource(const Statement& row) {
  Resource out;
  out.timezone = row.text(0);
  out.is_active = row.integer(1) != 0;
  out.deleted_at = optional_instant(row, 2);
  return out;
}

Resource read_resource(const Statement& row) {
  Resource out;
  out.id = row.text(0);
  out.type = row.text(1);
  out.name = row.text(2);
  out.description = row.text(3);
  out.metadata = row.text(4);
  out.timezone = row.text(5);
  out.is_active = row.integer(6) != 0;
  out.created_at = row.instant(7);
  out.updated_at = row.instant(8);
  out.deleted_at = optional_instant(row, 9);
  return out;
}

Hold read_hold(const Statement& row) {
  Hold out;
  out.id = row.text(0);
  out.resource_id = row.text(1);
  out.dates = read_dates(row.text(2));
  out.quantity = row.places(3);
  out.customer_email = row.text(4);
  out.holder = row.text(5);
  out.idempotency_token = row.text(6);
  const auto status = parse_hold_status(row.text(7));
  if (!status) damaged("a status");
  out.status = *status;
  out.expires_at = row.instant(8);
  out.group_id = row.text(9);
  out.created_at = row.instant(10);
  out.updated_at = row.instant(11);
  return out;
}

StoredHold read_stored_hold(const Statement& row) {
  StoredHold out;
  out.hold = read_hold(row);
  out.item_no = row.places(12);
  out.fingerprint = row.text(13);
  return out;
}

Allocation read_allocation(const Statement& row) {
  Allocation out;
  out.id = row.text(0);
  out.resource_id = row.text(1);
  out.hold_id = row.text(2);
  out.order_id = row.text(3);
  out.line_item_id = row.text(4);
  out.dates = read_dates(row.text(5));
  out.quantity = row.places(6);
  const auto status = parse_allocation_status(row.text(7));
  if (!status) damaged("a status");
  out.status = *status;
  out.created_at = row.instant(8);
  out.cancelled_at = optional_instant(row, 9);
  return out;
}

Blackout read_blackout(const Statement& row) {
  Blackout out;
  out.id = row.text(0);
  out.resource_id = row.text(1);
  out.start_date = read_date(row.text(2));
  out.end_date = read_date(row.text(3));
  out.reason = row.text(4);
  out.created_at = row.instant(5);
  out.deleted_at = optional_instant(row, 6);
  return out;
}

void append_date(std::string& out, Date day) {
  const chr::year_month_day ymd(day);
  std::array<char, kDateSize> text{};
  put(text.data(), static_cast<unsigned>(static_cast<int>(ymd.year())), 4);
  text[4] = '-';
  put(text.data() + 5, static_cast<unsigned>(ymd.month()), 2);
  text[7] = '-';
  put(text.data() + 8, static_cast<unsigned>(ymd.day()), 2);
  out.append(text.data(), text.size());
}

void write_dates(std::string& out, const std::vector<Date>& dates) {
  out.clear();
  for (const Date day : dates) {
    if (!out.empty()) out.push_back(',');
    append_date(out, day);
  }
}

Date read_date(std::string_view text) {
  const auto day = parse_date(text);
  if (!day) damaged("a date");
  return *day;
}

std::vector<Date> read_dates(std::string_view text) {
  std::vector<Date> out;
  out.reserve((text.size() + 1) / (kDateSize + 1));
  while (!text.empty()) {
    out.push_back(read_date(text.substr(0, kDateSize)));
    text.remove_prefix(kDateSize);
    if (text.empty()) break;
    if (text.front() != ',') damaged("a list of dates");
    text.remove_prefix(1);
  }
  return out;
}

bool touches(const std::vector<Date>& dates, const DateRange& range) {
  const auto first = std::lower_bound(dates.begin(), dates.end(), range.start);
  return first != dates.end() && *first <= range.end;
}

}  // namespace holdfast::sqlite
