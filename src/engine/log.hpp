#pragma once

#include <fmt/format.h>

#include <utility>

#include "holdfast/engine.hpp"

namespace holdfast::engine {

/// The host's log function, or silence. A host's exception stays where it was thrown.
class Log {
 public:
  explicit Log(LogFn write) : write_(std::move(write)) {}

  template <class... Args>
  void operator()(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (!write_) return;
    try {
      write_(level, fmt::format(format, std::forward<Args>(args)...));
    } catch (...) {  // a log line must not decide what becomes of a booking
    }
  }

 private:
  LogFn write_;
};

}  // namespace holdfast::engine
