#include "corpus/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace holdfast::test {
namespace {

constexpr int kDepthMax = 64;

void put_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json document() {
    Json value = any(0);
    space();
    if (at_ != text_.size()) fail("more than one value");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n');
    throw std::runtime_error("JSON, line " + std::to_string(line) + ": " + what);
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  void expect(std::string_view expected) {
    if (!take(expected)) fail("expected " + std::string(expected));
  }
  void space() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

  Json any(int depth) {
    if (depth > kDepthMax) fail("too deep");
    space();
    if (take("{")) return object(depth);
    if (take("[")) return array(depth);
    if (take("\"")) return string();
    if (take("true")) return true;
    if (take("false")) return false;
    if (take("null")) return {};
    return number();
  }

  Json object(int depth) {
    Json::Object out;
    space();
    if (take("}")) return out;
    do {
      space();
      expect("\"");
      std::string name = string();
      space();
      expect(":");
      Json value = any(depth + 1);
      if (!out.emplace(name, std::move(value)).second) fail("\"" + name + "\" stands there twice");
      space();
    } while (take(","));
    expect("}");
    return out;
  }

  Json array(int depth) {
    Json::Array out;
    space();
    if (take("]")) return out;
    do {
      out.push_back(any(depth + 1));
      space();
    } while (take(","));
    expect("]");
    return out;
  }

  std::string string() {
    std::string out;
    while (!take("\"")) {
      if (at_ == text_.size()) fail("a text without an end");
      const char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20) fail("a control character in a text");
      if (c == '\\') {
        escape(out);
      } else {
        out.push_back(c);
      }
    }
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (take("u")) return put_utf8(out, unicode());
    const std::size_t which = at_ < text_.size() ? kNames.find(text_[at_]) : kNames.npos;
    if (which == kNames.npos) fail("no such escape");
    out.push_back(kMeant[which]);
    ++at_;
  }

  std::uint32_t unicode() {
    const std::uint32_t first = four_digits();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || !take("\\u")) fail("half of a surrogate pair");
    const std::uint32_t second = four_digits();
    if (second < 0xDC00 || second > 0xDFFF) fail("half of a surrogate pair");
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  std::uint32_t four_digits() {
    std::uint32_t code = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), code, 16);
    if (error != std::errc() || digits.size() != 4 || end != digits.end()) fail("no four digits");
    at_ += 4;
    return code;
  }

  std::size_t digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    if (at_ == begin) fail("not a value");
    return at_ - begin;
  }

  Json number() {
    const std::size_t begin = at_;
    take("-");
    const bool zero = peek() == '0';
    if (digits() > 1 && zero) fail("a number that starts with 0");
    const bool fraction = take(".");
    if (fraction) digits();
    const bool exponent = take("e") || take("E");
    if (exponent) {
      if (!take("-")) take("+");
      digits();
    }
    const std::string_view all = text_.substr(begin, at_ - begin);
    if (fraction || exponent) return converted<double>(all);
    return converted<std::int64_t>(all);
  }

  template <class Number>
  Number converted(std::string_view all) const {
    Number value{};
    if (std::from_chars(all.begin(), all.end(), value).ec != std::errc()) fail("out of range");
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// What JSON.stringify of JavaScript and json.dumps of Python escape, as they do.
void put_string(std::string& out, std::string_view text) {
  constexpr std::string_view kMeant = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t which = kMeant.find(c); which != kMeant.npos) {
      out.push_back('\\');
      out.push_back(kNames[which]);
    } else if (byte < 0x20) {
      out += "\\u00";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

struct Writer {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(const std::string& text) const { put_string(out, text); }
  void operator()(double value) const {
    if (std::abs(value) < 1e15 && value == std::floor(value)) {
      return (*this)(static_cast<std::int64_t>(value));
    }
    std::array<char, 400> digits{};
    const auto end =
        std::to_chars(digits.begin(), digits.end(), value, std::chars_format::fixed).ptr;
    out.append(digits.begin(), end);
  }
  void operator()(const Json::Array& array) const {
    out.push_back('[');
    const char* comma = "";
    for (const Json& each : array) {
      out += std::exchange(comma, ",");
      out += each.dump();
    }
    out.push_back(']');
  }
  void operator()(const Json::Object& object) const {
    out.push_back('{');
    const char* comma = "";
    for (const auto& [name, value] : object) {
      out += std::exchange(comma, ",");
      put_string(out, name);
      out.push_back(':');
      out += value.dump();
    }
    out.push_back('}');
  }
};

}  // namespace

Json Json::parse(std::string_view text) { return Parser(text).document(); }

std::string Json::dump() const {
  std::string out;
  std::visit(Writer{out}, value_);
  return out;
}

const Json* Json::find(std::string_view name) const {
  if (const auto* object = get_if<Object>()) {
    const auto found = object->find(std::string(name));
    return found == object->end() ? nullptr : &found->second;
  }
  const auto* array = get_if<Array>();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.begin(), name.end(), index);
  if (array == nullptr || error != std::errc() || end != name.end()) return nullptr;
  return index < array->size() ? &(*array)[index] : nullptr;
}

}  // namespace holdfast::test
