#include "corpus/scenario.hpp"

#include <stdexcept>
#include <string>

#include "corpus/fields.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

const std::string kTour = "res_01ARZ3NDEKTSV4RRFFQ69G5FAV";
const std::string kVan = "res_01ARZ3NDEKTSV4RRFFQ69G5FAA";
const std::string kHold = "hold_01ARZ3NDEKTSV4RRFFQ69G5FAV_01ARZ3NDEKTSV4RRFFQ69G5FAW";

TEST_CASE("An instant has exactly milliseconds and comes back as it was") {
  CHECK(parse_instant("1970-01-01T00:00:00.000Z") == 0);
  CHECK(parse_instant("2027-03-01T10:20:30.456Z") == 1'803'896'430'456'000);
  CHECK(instant_text(1'803'896'430'456'000) == "2027-03-01T10:20:30.456Z");
  const std::string text =
      GENERATE(as<std::string>(), "2027-03-01", "2027-03-01T00:00:00Z", "2027-02-29T00:00:00.000Z",
               "2027-03-01T00:00:00.0000Z", "2027-03-01T24:00:00.000Z", "now");
  INFO(text);
  CHECK_THROWS_AS(parse_instant(text), std::runtime_error);
}

TEST_CASE("A reference is what the earlier answer has there, also inside arrays and objects") {
  const std::map<std::string, Json> answers = {
      {"a", Json::parse(R"({"hold":{"id":"h"},"holds":[{"id":"first"}],"next":null})")}};
  CHECK(resolve(Json::parse(R"({"x":["$a.hold.id",{"y":"$a.holds.0.id"}],"z":"$a.next"})"), answers)
            .dump() == R"({"x":["h",{"y":"first"}],"z":null})");
  CHECK(resolve(Json::parse(R"("5 $a.hold.id")"), answers).dump() == R"("5 $a.hold.id")");
  for (const char* path : {"$b.hold.id", "$a.hold.none", "$a.holds.1.id", "$"}) {
    INFO(path);
    CHECK_THROWS_AS(resolve(Json(path), answers), std::runtime_error);
  }
}

TEST_CASE("Ids get a number by kind, in the order in which they turn up") {
  Names names;
  CHECK(names.rename("[" + kVan + "," + kHold + "," + kTour + "," + kVan + "]") ==
        "[res_1,hold_1,res_2,res_1]");
  CHECK(names.rename("170:" + kHold + " cap_01ARZ3NDEKTSV4RRFFQ69G5FAV_20270301") ==
        "170:hold_1 cap_1");
  CHECK(names.rename("res_short") == "res_short");
}

TEST_CASE("Rows of one instant stand in the order in which their ids turned up") {
  Names names;
  names.rename(kTour + kVan);
  const auto row = [](const std::string& id, const char* created_at) {
    return Json::Object{{"id", id}, {"created_at", created_at}};
  };
  Json answer = Json::Object{
      {"items", Json::Array{row(kVan, "1"), row(kTour, "1"), row(kVan, "2"), row(kTour, "3")}}};
  settle_order("list_resources", answer, names);
  CHECK(names.rename(answer.dump()) ==
        R"({"items":[{"created_at":"1","id":"res_1"},{"created_at":"1","id":"res_2"},)"
        R"({"created_at":"2","id":"res_2"},{"created_at":"3","id":"res_1"}]})");
  Json search = Json::parse(R"({"resources":[{"resource_id":")" + kVan + R"("},{"resource_id":")" +
                            kTour + R"("}]})");
  settle_order("search_availability", search, names);
  CHECK(names.rename(search.dump()) ==
        R"({"resources":[{"resource_id":"res_1"},{"resource_id":"res_2"}]})");
}

TEST_CASE("A file that is no scenario is refused") {
  const std::string begin = R"({"about":"a","steps":[{"at":"2027-03-01T00:00:00.000Z"},)";
  CHECK(read_scenario(begin + R"({"ask":"verify"}]})").size() == 2);
  const std::string text = GENERATE_COPY(
      as<std::string>(), "[]", R"({"about":"a","steps":[]})",
      R"({"about":"a","steps":[{"ask":"verify"}]})", begin + R"({"ask":"migrate"}]})",
      begin + R"({"ask":"verify","wiht":{}},{"ask":"verify"}]})",
      begin + R"({"at":"noon"},{"ask":"verify"}]})", begin + R"({"note":"x"},{"ask":"verify"}]})");
  INFO(text);
  CHECK_THROWS_AS(read_scenario(text), std::runtime_error);
}

TEST_CASE("A field of another kind or name is a misuse that names it") {
  const Json with = Json::parse(R"({"days":[1,7],"name":"x","odd":1})");
  Fields fields(with);
  CHECK(fields.weekdays("days") == 0b1000001);
  CHECK_THROWS_AS(fields.get<std::int64_t>("name"), Misuse);
  CHECK_THROWS_AS(fields.one_of("name", {"y", "z"}), Misuse);
  CHECK_THROWS_AS(fields.finish(), Misuse);
  CHECK(fields.get<std::int64_t>("odd") != nullptr);
  CHECK_NOTHROW(fields.finish());
}

}  // namespace
}  // namespace holdfast::test
