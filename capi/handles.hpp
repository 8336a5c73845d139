// The engines of this process, by number. A number can be checked where a pointer cannot: one that
// is closed, stale, foreign or from before a fork is answered, not followed.
#pragma once

#include <cstddef>
#include <memory>

#include "holdfast.h"
#include "holdfast/engine.hpp"
#include "holdfast/error.hpp"

namespace holdfast::capi {

/// Marks the calling thread as inside one of the host's callbacks.
class CallbackScope {
 public:
  CallbackScope();
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

 private:
  bool before_;
};

struct Slot;

/// An engine that cannot go away while this lives.
class EngineRef {
 public:
  explicit EngineRef(Slot* slot) : slot_(slot) {}
  EngineRef(EngineRef&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  EngineRef& operator=(EngineRef&&) = delete;
  ~EngineRef();

  Engine* operator->() const;

 private:
  Slot* slot_;
};

/// kBusy when 1,024 engines are open.
Result<holdfast_engine> add_engine(std::unique_ptr<Engine> engine);
/// kClosed for an engine that was closed; kMisuse for what never was one, for one of a parent
/// process, and inside a callback.
Result<EngineRef> find_engine(holdfast_engine handle);
/// Waits until nobody uses the engine and ends it; OK too when that has been done.
Result<void> close_engine(holdfast_engine handle);

}  // namespace holdfast::capi
