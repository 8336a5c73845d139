#include "corpus/json.hpp"

#include <stdexcept>
#include <string>

#include "support/catch.hpp"

namespace holdfast::test {
namespace {

TEST_CASE("A value comes back in the one form: no spaces, names ascending, texts as they are") {
  CHECK(Json::parse(" { \"b\" : [ 1 , -2 , true , false , null ] ,\n\t\"a\":{} } ").dump() ==
        R"({"a":{},"b":[1,-2,true,false,null]})");
  CHECK(Json::parse(R"("€ \u20AC \ud83D\uDE00 \/")").dump() == "\"\u20AC \u20AC \U0001F600 /\"");
  CHECK(Json::parse(R"("\"\\\b\f\n\r\t\u001F\u0000")").dump() == R"("\"\\\b\f\n\r\t\u001f\u0000")");
  CHECK(Json::parse("[]").dump() == "[]");
}

TEST_CASE("Numbers are whole, or the shortest digits that read back") {
  CHECK(Json::parse("[0, -0.5, 2.0, 1e3, 9223372036854775807]").dump() ==
        "[0,-0.5,2,1000,9223372036854775807]");
  CHECK(Json(2.0 / 3).dump() == "0.6666666666666666");
  CHECK(Json(0.0001).dump() == "0.0001");
}

TEST_CASE("Names and indexes lead to what they name, or to nothing") {
  const Json json = Json::parse(R"({"a":[{"b":7}]})");
  CHECK(json.find("a")->find("0")->find("b")->dump() == "7");
  CHECK(json.find("b") == nullptr);
  CHECK(json.find("a")->find("1") == nullptr);
  CHECK(json.find("a")->find("x") == nullptr);
  CHECK(json.find("a")->find("0x") == nullptr);
}

TEST_CASE("What is no JSON is refused") {
  const std::string text =
      GENERATE(as<std::string>(), "", " ", "nul", "[1,]", "[1 2]", "{\"a\":1,}", "{a:1}",
               "{\"a\" 1}", "{\"a\":1,\"a\":2}", "'a'", "\"a", "\"\\x\"", "\"\\u12g4\"",
               "\"\\ud800\"", "\"\\udc00\"", "\"\t\"", "01", "1.", ".5", "+1", "1e", "--1", "1 1",
               "[", "]", "9223372036854775808", "1e999", "// a\n1");
  INFO(text);
  CHECK_THROWS_AS(Json::parse(text), std::runtime_error);
}

TEST_CASE("A refusal names the line") {
  CHECK_THROWS_WITH(Json::parse("{\n\"a\": 1,\n\"a\": 2}"),
                    "JSON, line 3: \"a\" stands there twice");
}

TEST_CASE("What nests too deep is refused") {
  CHECK_NOTHROW(Json::parse(std::string(64, '[') + std::string(64, ']')));
  CHECK_THROWS_AS(Json::parse(std::string(66, '[') + std::string(66, ']')), std::runtime_error);
}

}  // namespace
}  // namespace holdfast::test
