// How a failure leaves the library: through the caller's holdfast_error, never as an exception.
#pragma once

#include <new>
#include <string_view>
#include <utility>

#include "check.hpp"
#include "holdfast.h"
#include "holdfast/error.hpp"

namespace holdfast::capi {

/// The longest start of `text` that has at most `bytes` bytes and ends between two characters.
std::string_view cut(std::string_view text, std::size_t bytes);

/// NULL, or a struct that may be written.
bool usable(const holdfast_error* error);
void clear(holdfast_error& error);
/// Writes what fits; `error` may be NULL. Never allocates.
holdfast_status report(holdfast_error* error, Status status, Retry retry, std::string_view message,
                       std::string_view sqlstate = {}, std::string_view token = {});
holdfast_status report(holdfast_error* error, const Error& failure);

/// Runs `body`, which returns a Result<void>. Whatever it throws becomes a status; out of memory
/// is safe to retry here, so a body that can throw after it has asked the engine says so itself.
template <class Body>
holdfast_status guarded(holdfast_error* error, Body&& body) noexcept {
  if (!usable(error)) return HOLDFAST_STATUS_MISUSE;
  try {
    const Result<void> done = std::forward<Body>(body)();
    if (!done.ok()) return report(error, done.error());
    if (error != nullptr) clear(*error);
    return HOLDFAST_STATUS_OK;
  } catch (const Misuse& misuse) {
    return report(error, Status::kMisuse, Retry::kNever, misuse.message);
  } catch (const std::bad_alloc&) {
    return report(error, Status::kNoMemory, Retry::kSafe, "out of memory");
  } catch (...) {
    return report(error, Status::kInternal, Retry::kNever, "an unexpected exception");
  }
}

}  // namespace holdfast::capi
