// Names, days and versions.
#include <limits>
#include <set>
#include <string>

#include "harness.hpp"

namespace holdfast::test {
namespace {

TEST_CASE("every value has its name, and an unknown one is said to be unknown") {
  CHECK(std::string(holdfast_outcome_name(HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY)) ==
        "INSUFFICIENT_CAPACITY");
  CHECK(std::string(holdfast_status_name(HOLDFAST_STATUS_NO_MEMORY)) == "NO_MEMORY");
  CHECK(std::string(holdfast_retry_name(HOLDFAST_RETRY_SAME_TOKEN)) == "SAME_TOKEN");
  CHECK(std::string(holdfast_hold_status_name(HOLDFAST_HOLD_EXPIRED)) == "EXPIRED");
  CHECK(std::string(holdfast_allocation_status_name(HOLDFAST_ALLOCATION_CANCELLED)) == "CANCELLED");
  CHECK(std::string(holdfast_unavailable_name(HOLDFAST_UNAVAILABLE_SOLD_OUT)) == "SOLD_OUT");
  CHECK(std::string(holdfast_unavailable_name(HOLDFAST_UNAVAILABLE_NONE)).empty());
  for (const std::int32_t odd : {-1, 1000, std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::max()}) {
    for (const char* name :
         {holdfast_outcome_name(odd), holdfast_status_name(odd), holdfast_retry_name(odd),
          holdfast_hold_status_name(odd), holdfast_allocation_status_name(odd),
          holdfast_unavailable_name(odd)}) {
      CHECK(std::string(name).rfind("UNKNOWN_", 0) == 0);
    }
  }
}

TEST_CASE("no two outcomes share a name") {
  std::set<std::string> names;
  for (holdfast_outcome i = 0; i <= HOLDFAST_OUTCOME_BLACKOUT_CONFLICT; ++i) {
    names.insert(holdfast_outcome_name(i));
  }
  CHECK(names.size() == HOLDFAST_OUTCOME_BLACKOUT_CONFLICT + 1);
}

TEST_CASE("the library says which ABI it has") {
  CHECK(holdfast_abi_version() == HOLDFAST_ABI_VERSION);
  CHECK(std::string(holdfast_version_string()).find('.') != std::string::npos);
}

TEST_CASE("days go there and back, from the first to the last that can be written") {
  CHECK(day("1970-01-01") == 0);
  CHECK(day("2000-03-01") == 11017);
  for (holdfast_date date = day("0001-01-01"); date <= day("9999-12-31"); date += 97) {
    REQUIRE(day(day_text(date)) == date);
  }
  CHECK(day_text(day("9999-12-31")) == "9999-12-31");
}

TEST_CASE("what is no day is refused, and nothing is written") {
  for (const char* odd : {"", "2026-02-30", "2026-2-3", "2026-02-03 ", "0000-01-01", "2026/02/03",
                          "-026-02-03", "20260203"}) {
    holdfast_date date = 77;
    auto error = no_error();
    CHECK(holdfast_parse_date(str(odd), &date, &error) == HOLDFAST_STATUS_MISUSE);
    CHECK(date == 77);
    CHECK(error.status == HOLDFAST_STATUS_MISUSE);
  }
  holdfast_date date = 0;
  CHECK(holdfast_parse_date({nullptr, 10}, &date, nullptr) == HOLDFAST_STATUS_MISUSE);
  CHECK(holdfast_parse_date(HOLDFAST_STR("2026-02-03"), nullptr, nullptr) ==
        HOLDFAST_STATUS_MISUSE);
  char text[11] = "untouched";
  for (const holdfast_date odd :
       {std::numeric_limits<holdfast_date>::min(), std::numeric_limits<holdfast_date>::max(),
        day("0001-01-01") - 1, day("9999-12-31") + 1}) {
    CHECK(holdfast_format_date(odd, text, sizeof text, nullptr) == HOLDFAST_STATUS_MISUSE);
  }
  CHECK(holdfast_format_date(0, text, 10, nullptr) == HOLDFAST_STATUS_MISUSE);
  CHECK(holdfast_format_date(0, nullptr, 11, nullptr) == HOLDFAST_STATUS_MISUSE);
  CHECK(std::string(text) == "untouched");
}

}  // namespace
}  // namespace holdfast::test
