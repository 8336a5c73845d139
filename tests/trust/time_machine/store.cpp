#include "time_machine/store.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::test::machine {
namespace {

// Thrown through the backend, which then writes nothing.
struct Aborted : std::runtime_error {
  Aborted() : std::runtime_error("aborted") {}
};

Error failure(Status status, Retry retry) {
  return {.status = status, .retry = retry, .message = "simulated"};
}

Error gone() { return failure(Status::kUnavailable, Retry::kNever); }

bool writes(Fault fault) {
  return fault == Fault::kNone || fault == Fault::kReplyLost || fault == Fault::kDiesAfter;
}

}  // namespace

Result<void> Store::transact(const Scope& scope, const DecideFn& decide,
                             const MeanwhileFn& meanwhile) {
  meanwhile();
  if (fate_.is_dead(host_)) return gone();
  fate_.meanwhile(host_, &scope);
  const Fault fault = fate_.next_fault(host_, scope);
  if (fault == Fault::kRefused) return failure(Status::kUnavailable, Retry::kSafe);
  const bool waits = std::any_of(scope.keys.begin(), scope.keys.end(), [&](const KeyScope& key) {
    return database_.locked.count(key.key) != 0;
  });
  if (waits) {
    fate_.waits_for_lock();
    return failure(Status::kBusy, Retry::kSafe);
  }
  for (const auto& key : scope.keys) database_.locked.insert(key.key);
  Result<void> done = carry_out(scope, decide, fault);
  for (const auto& key : scope.keys) database_.locked.erase(key.key);
  return done;
}

Result<void> Store::carry_out(const Scope& scope, const DecideFn& decide, Fault fault) {
  Instant now{};
  Changes written;
  const Result<void> done = database_.storage->transact(scope, [&](Snapshot snapshot) {
    now = snapshot.now;
    Changes changes = decide(std::move(snapshot));
    fate_.meanwhile(host_, &scope);
    if (fate_.is_poisoned(changes)) fault = Fault::kPoisoned;
    if (!writes(fault)) throw Aborted();
    written = changes;
    return changes;
  });
  if (writes(fault)) {
    if (!done.ok() && fate_.met_a_known_token(written)) {
      if (fault == Fault::kDiesAfter) fate_.dies(host_);
      return fault == Fault::kDiesAfter ? Result<void>(gone()) : done;
    }
    // Each transaction holds its locks, so that any other guard which is hit is a wrong decision.
    if (!done.ok()) {
      fate_.wrong("the storage refuses a decision: " + done.error().message);
      return gone();
    }
    fate_.committed(host_, now, written);
  }
  switch (fault) {
    case Fault::kNone:
      return {};
    case Fault::kConflict:
      return failure(Status::kBusy, Retry::kSafe);
    case Fault::kReplyLost:
    case Fault::kRequestLost:
      return failure(Status::kUnknown, Retry::kSameToken);
    case Fault::kPoisoned:
      return failure(Status::kStorage, Retry::kNever);
    case Fault::kDiesBefore:
    case Fault::kDiesAfter:
      fate_.dies(host_);
      return gone();
    case Fault::kRefused:
      break;
  }
  return failure(Status::kUnavailable, Retry::kSafe);
}

Result<Snapshot> Store::read(const Scope& scope) {
  if (fate_.is_dead(host_)) return gone();
  if (fate_.read_fails(host_)) return failure(Status::kUnavailable, Retry::kSafe);
  return database_.storage->read(scope);
}

Result<ListPage> Store::list(const ListQuery& query) {
  if (fate_.is_dead(host_)) return gone();
  if (fate_.read_fails(host_)) return failure(Status::kUnavailable, Retry::kSafe);
  auto page = database_.storage->list(query);
  fate_.meanwhile(host_, nullptr);
  return page;
}

}  // namespace holdfast::test::machine
