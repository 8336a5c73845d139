// A server's answer whose columns have any length, and what is sent, read back.
#include <libpq-fe.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/bytes.hpp"
#include "storage/postgres/connection.hpp"
#include "storage/postgres/load.hpp"
#include "storage/postgres/wire.hpp"

namespace holdfast::test::fuzz {
namespace {

constexpr int kColumns = 14;  // of a hold, the widest row

/// One row, as libpq hands it over.
class Answer {
 public:
  Answer() : result_(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)) {
    std::string name = "c";
    std::vector<PGresAttDesc> columns(kColumns, PGresAttDesc{name.data(), 0, 0, 1, 0, 0, 0});
    promise(PQsetResultAttrs(result_.get(), kColumns, columns.data()) != 0, "libpq");
  }
  void set(int column, const char* value, int size) {
    std::string bytes(value == nullptr ? "" : std::string(value, static_cast<std::size_t>(size)));
    char* const data = value == nullptr ? nullptr : bytes.data();
    promise(PQsetvalue(result_.get(), 0, column, data, value == nullptr ? -1 : size) != 0, "libpq");
  }
  postgres::Row row() const { return {result_.get(), 0}; }

 private:
  postgres::ResultPtr result_;
};

Answer anything(Bytes& bytes) {
  Answer out;
  for (int column = 0; column < kColumns; ++column) {
    const std::uint8_t size = bytes.byte();
    const std::string_view value = bytes.text(size % 64);
    out.set(column, size >= 0xF0 ? nullptr : value.data(), static_cast<int>(value.size()));
  }
  return out;
}

void read_entities(const Answer& answer) {
  postgres::Row row = answer.row();
  const Hold hold = postgres::read_hold(row).hold;
  promise(name(hold.status) != nullptr, "a status has a name");
  row = answer.row();
  postgres::read_allocation(row);
  row = answer.row();
  postgres::read_resource(row);
  row = answer.row();
  postgres::read_blackout(row);
}

void read_columns(const Answer& answer) {
  postgres::Row row = answer.row();
  for (int column = 0; column < kColumns; column += 7) {
    row.boolean();
    row.int4();
    row.int8();
    row.date();
    row.instant();
    row.maybe_instant();
    promise(row.dates().size() <= 5, "no more days than fit into 63 bytes");
  }
}

void read_back(Bytes& bytes) {
  const auto four = bytes.number<std::int32_t>();
  const auto eight = bytes.number<std::int64_t>();
  const Date day(std::chrono::days(four % 3'000'000));
  const Instant instant(std::chrono::microseconds(eight % 253'402'300'800'000'000));
  std::vector<Date> days(bytes.below(8));
  for (Date& each : days) each = day + std::chrono::days(bytes.byte());
  const std::string text(bytes.text(bytes.below(32)));

  postgres::Params params;
  params.add(text).add(four).add(eight).add(day).add(instant).add(std::optional<Instant>());
  params.add(days);
  const postgres::Params::View view = params.view();
  Answer answer;
  for (int i = 0; i < params.size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    answer.set(i, view.values[at], view.lengths[at]);
  }
  postgres::Row row = answer.row();
  promise(row.text() == text, "a text as it was sent");
  promise(row.int4() == four && row.int8() == eight, "numbers as they were sent");
  promise(row.date() == day && row.instant() == instant, "days and instants as they were sent");
  promise(!row.maybe_instant(), "nothing as it was sent");
  promise(row.dates() == days, "a list of days as it was sent");
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  Bytes bytes(data, size);
  const Answer answer = anything(bytes);
  read_entities(answer);
  read_columns(answer);
  bytes = Bytes(data, size);
  read_back(bytes);
  return 0;
}
