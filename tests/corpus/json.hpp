// JSON as the corpus needs it: read strictly, written in the one form that all runners share.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::test {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json>;

  Json() = default;
  Json(std::string text) : value_(std::move(text)) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(double number) : value_(number) {}
  Json(Array array) : value_(std::move(array)) {}
  Json(Object object) : value_(std::move(object)) {}
  template <std::integral T>
  Json(T value) {
    if constexpr (std::same_as<T, bool>) {
      value_ = value;
    } else {
      value_ = static_cast<std::int64_t>(value);
    }
  }

  /// RFC 8259 and nothing beside it; no name twice in an object. Throws std::runtime_error that
  /// names the line.
  static Json parse(std::string_view text);
  /// Without spaces, names ascending, UTF-8 as it is.
  std::string dump() const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&value_);
  }
  template <class T>
  T* get_if() {
    return std::get_if<T>(&value_);
  }
  /// Of an object's name or an array's index in decimal digits; NULL when there is none.
  const Json* find(std::string_view name) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_{};
};

}  // namespace holdfast::test
