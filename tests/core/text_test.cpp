// Which texts are JSON, and which are text at all.
#include "core/validate.hpp"
#include "support/budget.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

using core::is_json;
using core::is_text;

std::string nested(char open, char close, std::size_t depth, const std::string& inside) {
  return std::string(depth, open) + inside + std::string(depth, close);
}

}  // namespace

TEST_CASE("JSON as RFC 8259 has it is JSON") {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "12",
                           "-12.5",
                           "1e5",
                           "1E+5",
                           "1e-05",
                           "0.0",
                           "\"\"",
                           " { \"a\" : [ 1 , { } , \"b\" ] } ",
                           "\t\r\n1\n",
                           "\"\\u00e9\\n\\\\\\/\"",
                           "\"\\uD83D\\uDE00\"",
                           "\"\\ud83d\\ude00\"",
                           "\"\xC3\xA9\"",
                           "{\"a\":1,\"a\":2}",
                           "1e999",
                           "\"\x7F\"",
                           "\"\\uFFFF\\u0001\""}) {
    INFO(text);
    CHECK(is_json(text));
  }
}

TEST_CASE("what is not JSON is not, nor what the databases cannot store") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "'a'",
                           "nul",
                           "nulll",
                           "True",
                           "NaN",
                           "Infinity",
                           "+1",
                           "01",
                           "-",
                           "-a",
                           "1.",
                           ".5",
                           "1.e5",
                           "1e",
                           "1e+",
                           "0x1",
                           "1 2",
                           "{} x",
                           "[] []",
                           "\"",
                           "\"a",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12G4\"",
                           "\"\t\"",
                           "\"\n\"",
                           "\"\\u0000\"",
                           "\"\\uD800\"",
                           "\"\\uDC00\"",
                           "\"\\uD800\\uD800\"",
                           "\"\\uD800x\"",
                           "\"\\uD800\\n\"",
                           "\"\\uDE00\\uD83D\"",
                           "1e1000",
                           "1e-1000",
                           "1e0001",
                           "// a\n1",
                           "\xEF\xBB\xBF{}"}) {
    INFO(text);
    CHECK_FALSE(is_json(text));
  }
  CHECK_FALSE(is_json(std::string("1\0", 2)));
  CHECK_FALSE(is_json(std::string("\0", 1)));
  CHECK_FALSE(is_json(std::string("\"a\0b\"", 5)));
}

TEST_CASE("JSON nests as deep as the bound and no deeper") {
  constexpr std::size_t kMost = bounds::kMetadataDepth;
  for (const std::string inside : {"", "1", "\"a\""}) {
    INFO(inside);
    CHECK(is_json(nested('[', ']', kMost, inside)));
    CHECK_FALSE(is_json(nested('[', ']', kMost + 1, inside)));
  }
  std::string objects = "1";
  for (std::size_t i = 0; i < kMost; ++i) objects = "{\"a\":" + objects + "}";
  CHECK(is_json(objects));
  CHECK_FALSE(is_json("[" + objects + "]"));
  CHECK_FALSE(is_json(std::string(bounds::kMetadataBytes, '[')));
}

TEST_CASE("JSON numbers keep to what jsonb's numeric can store") {
  // At most 16,383 digits after the point, an exponent's included.
  CHECK(is_json("0." + std::string(1000, '1') + "e-999"));
  CHECK_FALSE(is_json("0." + std::string(16'384, '1')));
  CHECK_FALSE(is_json("0." + std::string(16'000, '1') + "e-999"));
  CHECK(is_json(std::string(60'000, '1') + "e999"));
}

TEST_CASE("no text harms the JSON parser") {
  Random random(3);
  const std::string seeds[] = {"{\"a\":[1,2.5e-3,{\"b\":\"\\u00e9\\uD83D\\uDE00\"}],\"c\":null}",
                               "[[[[]]],true,false,\"\\\\\"]", "-0.1e+10"};
  int accepted = 0;
  const int rounds = scaled(200'000);
  for (int i = 0; i < rounds; ++i) {
    std::string text = seeds[random.below(3)];
    for (auto n = random.between(1, 3); n > 0 && !text.empty(); --n) {
      const auto place = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text[place] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(place, random.below(4));
          break;
        case 2:
          text.insert(place, 1, "{}[],:\"\\u0e-.+tfn"[random.below(18)]);
          break;
        default:
          text.resize(place);
      }
    }
    // A view of just these bytes: a sanitizer sees one read beyond them.
    const std::vector<char> bytes(text.begin(), text.end());
    const std::string_view view(bytes.data(), bytes.size());
    accepted += is_json(view) ? 1 : 0;
    static_cast<void>(is_text(view));
  }
  CHECK(accepted > 0);
  CHECK(accepted < rounds);
}

TEST_CASE("text is UTF-8 as RFC 3629 has it, without NUL") {
  for (const char* text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z\xF0\x9F\x98\x80."}) {
    INFO(text);
    CHECK(is_text(text));
  }
  for (const char* text : {"\x80",
                           "\xBF",
                           "\xC0\x80",
                           "\xC1\xBF",
                           "\xC2",
                           "\xC2\x41",
                           "\xC2\xC2",
                           "\xE0\x80\x80",
                           "\xE0\x9F\xBF",
                           "\xE1\x80",
                           "\xE1\x80\x41",
                           "\xED\xA0\x80",
                           "\xED\xBF\xBF",
                           "\xF0\x80\x80\x80",
                           "\xF0\x8F\xBF\xBF",
                           "\xF0\x90\x80",
                           "\xF1\x80\x80\x41",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xF8\x88\x80\x80\x80",
                           "\xFE",
                           "\xFF",
                           "ab\xC3",
                           "\xEF\xBF"}) {
    INFO(Catch::StringMaker<std::string>::convert(text));
    CHECK_FALSE(is_text(text));
  }
  CHECK_FALSE(is_text(std::string("a\0b", 3)));
}

TEST_CASE("UTF-8 encodes every code point but the surrogates") {
  for (unsigned code = 1; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 37) {
    std::string text;
    const auto more = [&](int shift) {
      text.push_back(static_cast<char>(0x80 | (code >> shift & 0x3F)));
    };
    if (code < 0x80) {
      text.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      text.push_back(static_cast<char>(0xC0 | code >> 6));
      more(0);
    } else if (code < 0x10000) {
      text.push_back(static_cast<char>(0xE0 | code >> 12));
      more(6);
      more(0);
    } else {
      text.push_back(static_cast<char>(0xF0 | code >> 18));
      more(12);
      more(6);
      more(0);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (is_text(text) == surrogate) FAIL("code point " << code);
    if (text.size() > 1 && is_text(text.substr(0, text.size() - 1))) FAIL("cut " << code);
  }
}

}  // namespace holdfast::test
