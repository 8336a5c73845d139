#include <cstddef>
#include <string_view>

#include "core/validate.hpp"

namespace holdfast::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool document() {
    space();
    if (!value(0)) return false;
    space();
    return at_ == text_.size();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  // Never asked for the NUL that peek() sees at the end.
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool value(std::size_t depth) {
    const bool nests = peek() == '{' || peek() == '[';
    if (nests && depth == bounds::kMetadataDepth) return false;
    switch (peek()) {
      case '{':
        return members(depth);
      case '[':
        return elements(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool members(std::size_t depth) {
    take('{');
    space();
    if (take('}')) return true;
    do {
      space();
      if (!string()) return false;
      space();
      if (!take(':')) return false;
      space();
      if (!value(depth + 1)) return false;
      space();
    } while (take(','));
    return take('}');
  }

  bool elements(std::size_t depth) {
    take('[');
    space();
    if (take(']')) return true;
    do {
      space();
      if (!value(depth + 1)) return false;
      space();
    } while (take(','));
    return take(']');
  }

  bool digits() {
    const std::size_t start = at_;
    while (is_digit(peek())) ++at_;
    return at_ > start;
  }

  // jsonb keeps numbers as numeric, with 16,383 digits after the point at most, those of the
  // exponent included: so the exponent has three digits, and the fraction leaves room for it.
  bool number() {
    constexpr std::size_t kFractionDigits = 15'000;
    take('-');
    if (!take('0') && !digits()) return false;
    const std::size_t point = at_;
    if (take('.') && !digits()) return false;
    if (at_ - point > 1 + kFractionDigits) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      const std::size_t start = at_;
      if (!digits() || at_ - start > 3) return false;
    }
    return true;
  }

  int unit() {
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(peek());
      if (digit < 0) return -1;
      value = value * 16 + digit;
      ++at_;
    }
    return value;
  }

  bool escape() {
    if (take('u')) {
      const int first = unit();
      if (first <= 0 || (first >= 0xDC00 && first <= 0xDFFF)) return false;
      if (first < 0xD800 || first > 0xDFFF) return true;
      if (!take('\\') || !take('u')) return false;
      const int second = unit();
      return second >= 0xDC00 && second <= 0xDFFF;
    }
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    if (at_ >= text_.size() || kEscapes.find(peek()) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape()) return false;
      } else {
        if (static_cast<unsigned char>(peek()) < 0x20) return false;
        ++at_;
      }
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_json(std::string_view text) { return Parser(text).document(); }

bool is_text(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead == 0) return false;
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || at + more >= text.size()) return false;
    unsigned code = lead & (0x3FU >> more);
    for (std::size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xC0U) != 0x80) return false;
      code = code << 6 | (next & 0x3FU);
    }
    const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (overlong || surrogate || code > 0x10FFFF) return false;
    at += more + 1;
  }
  return true;
}

}  // namespace holdfast::core
