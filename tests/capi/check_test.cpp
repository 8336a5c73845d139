// The parts that the shared library hides: UTF-8, and messages that are too long.
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "failure.hpp"
#include "support/catch.hpp"

namespace holdfast::test {
namespace {

using capi::is_text;

std::string encode(std::uint32_t c) {
  std::string out;
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
  return out;
}

TEST_CASE("every character but NUL is text, alone and behind seven others; no surrogate is") {
  for (std::uint32_t c = 1; c < 0x110000; ++c) {
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    const std::string one = encode(c);
    if (is_text(one) == surrogate || is_text("sevenxx" + one + "y") == surrogate) {
      FAIL("character " << c);
    }
  }
  CHECK_FALSE(is_text(std::string(1, '\0')));
  CHECK_FALSE(is_text(std::string("12345678\0", 9)));
  CHECK_FALSE(
      is_text(std::string("1234\0"
                          "678",
                          8)));
  CHECK(is_text(""));
}

TEST_CASE("every one, two and three bytes are text exactly when they are characters") {
  const auto characters = [](const std::string& bytes) {
    // What can be made from encode() alone; independent of the validator's own table.
    std::size_t at = 0;
    while (at < bytes.size()) {
      const auto lead = static_cast<unsigned char>(bytes[at]);
      const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      if (at + size > bytes.size() || lead == 0) return false;
      std::uint32_t c = size == 1 ? lead : lead & (0xFFu >> (size + 1));
      for (std::size_t i = 1; i < size; ++i) {
        c = c << 6 | (static_cast<unsigned char>(bytes[at + i]) & 0x3F);
      }
      if (c >= 0x110000 || (c >= 0xD800 && c < 0xE000)) return false;
      if (encode(c) != bytes.substr(at, size)) return false;
      at += size;
    }
    return true;
  };
  for (std::uint32_t n = 0; n < 0x1000000; n += 1 + n % 3) {
    std::string bytes{static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
    if (n < 0x10000) bytes.erase(0, 1);
    if (is_text(bytes) != characters(bytes)) FAIL("bytes " << n);
  }
}

TEST_CASE("four bytes above the last character, and cut ones, are not text") {
  CHECK(is_text("\xF4\x8F\xBF\xBF"));
  CHECK_FALSE(is_text("\xF4\x90\x80\x80"));
  CHECK_FALSE(is_text("\xF5\x80\x80\x80"));
  CHECK_FALSE(is_text("\xF0\x8F\xBF\xBF"));
  CHECK_FALSE(is_text("\xF0\x9F\x98"));
  CHECK_FALSE(is_text("\xE2\x82"));
  CHECK_FALSE(is_text("\x80"));
  CHECK_FALSE(is_text("\xFF"));
}

TEST_CASE("a message that is too long is cut between characters") {
  for (std::size_t before = 160; before < 180; ++before) {
    for (const std::uint32_t c : {0x41u, 0xE9u, 0x20ACu, 0x1F600u}) {
      std::string message(before, 'x');
      for (int i = 0; i < 20; ++i) message += encode(c);
      holdfast_error error{};
      error.struct_size = sizeof error;
      capi::report(&error, Status::kStorage, Retry::kNever, message);
      const std::string kept = error.message;
      REQUIRE(is_text(kept));
      REQUIRE(kept == message.substr(0, kept.size()));
      REQUIRE(kept.size() + 4 > sizeof error.message - 1);
      REQUIRE(kept.size() < sizeof error.message);
    }
  }
}

TEST_CASE("a token is given whole or not at all") {
  holdfast_error error{};
  error.struct_size = sizeof error;
  capi::report(&error, Status::kUnknown, Retry::kSameToken, "m", "08006", std::string(63, 't'));
  CHECK(std::string(error.idempotency_token) == std::string(63, 't'));
  CHECK(std::string(error.sqlstate) == "08006");
  capi::report(&error, Status::kUnknown, Retry::kSameToken, "m", "0800600000",
               std::string(64, 't'));
  CHECK(std::string(error.idempotency_token).empty());
  CHECK(std::string(error.sqlstate) == "0800600");
}

}  // namespace
}  // namespace holdfast::test
