// Where an exception becomes a failure like any other.
#pragma once

#include <exception>
#include <new>

#include "holdfast/error.hpp"

namespace holdfast::engine {

/// What `ask` answers, or why there is no answer. For questions, for what comes before a command is
/// queued, and between two steps: nothing has happened there.
template <class Ask>
auto guarded(Ask ask) -> decltype(ask()) {
  try {
    return ask();
  } catch (const std::bad_alloc&) {
    return Error{.status = Status::kNoMemory, .retry = Retry::kSafe, .message = "out of memory"};
  } catch (const std::exception& e) {
    return Error{.status = Status::kInternal, .retry = Retry::kNever, .message = e.what()};
  }
}

}  // namespace holdfast::engine
