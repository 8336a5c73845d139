// A request's fields as a scenario writes them, taken out one by one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/json.hpp"

namespace holdfast::test {

/// A field that cannot be said in the host's language: no such name, day or kind of value.
struct Misuse {
  std::string field;
};

class Fields {
 public:
  explicit Fields(const Json& with) : with_(with) {}

  /// NULL when it is not given, or given as null. Throws Misuse when it is of another type.
  template <class T>
  const T* get(const std::string& name) {
    taken_.insert(name);
    const Json* value = with_.find(name);
    if (value == nullptr || value->is_null()) return nullptr;
    const T* found = value->get_if<T>();
    if (found == nullptr) throw Misuse{name};
    return found;
  }
  /// The value as JSON text, or "" when it is not given.
  std::string json(const std::string& name) {
    taken_.insert(name);
    return is_given(name) ? with_.find(name)->dump() : std::string();
  }
  bool is_given(const std::string& name) {
    taken_.insert(name);
    const Json* value = with_.find(name);
    return value != nullptr && !value->is_null();
  }
  /// Which of `names` the text is, or -1 when it is not given.
  int one_of(const std::string& name, std::initializer_list<std::string_view> names) {
    const auto* text = get<std::string>(name);
    if (text == nullptr) return -1;
    int index = 0;
    for (const std::string_view each : names) {
      if (each == *text) return index;
      ++index;
    }
    throw Misuse{name};
  }
  /// Each element of an array, as `convert` makes it of a text.
  template <class Convert>
  auto each(const std::string& name, Convert convert) {
    std::vector<decltype(convert(std::string()))> out;
    const auto* array = get<Json::Array>(name);
    if (array == nullptr) return out;
    for (const Json& element : *array) {
      const auto* text = element.get_if<std::string>();
      if (text == nullptr) throw Misuse{name};
      out.push_back(convert(*text));
    }
    return out;
  }
  /// 1 to 7 in an array, as bits: bit 0 is Monday. 0 when it is not given.
  std::uint8_t weekdays(const std::string& name) {
    std::uint8_t bits = 0;
    const auto* array = get<Json::Array>(name);
    if (array == nullptr) return bits;
    for (const Json& element : *array) {
      const auto* day = element.get_if<std::int64_t>();
      if (day == nullptr || *day < 1 || *day > 7) throw Misuse{name};
      bits = static_cast<std::uint8_t>(bits | 1 << (*day - 1));
    }
    return bits;
  }
  /// Throws Misuse for a name that nobody has asked for.
  void finish() const {
    for (const auto& [name, value] : *with_.get_if<Json::Object>()) {
      if (taken_.count(name) == 0) throw Misuse{name};
    }
  }

 private:
  const Json& with_;
  std::set<std::string> taken_{};
};

}  // namespace holdfast::test
