// What a run must have met to count: each mark is a race or a fault that once broke some shop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace holdfast::test::machine {

enum class Mark : std::size_t {
  kConfirmLostToExpiry,
  kReclaimWon,
  kReclaimTaken,
  kReplayAfterExpiry,
  kReplayAfterReply,
  kUnknownWasDone,
  kUnknownWasNotDone,
  kUnknownHealedInside,
  kTriedAgain,
  kLockWait,
  kTwoAtOnce,
  kHostDiedBeforeCommit,
  kHostDiedAfterCommit,
  kPoisonedBatchSplit,
  kPutOffForDueHolds,
  kPutOffToBeSure,
  kKnownTokenMet,
  kClockBackOverExpiry,
  kSweepMetConfirm,
  kSweepRecorded,
  kSoldOut,
  kBlackoutRefused,
  kBlackoutConflict,
  kInactiveRefused,
  kBelowBooked,
  kMismatch,
  kLifetimeExceeded,
  kSecondOrderRefused,
  kReleasedRefused,
  kCancelledTwice,
  kMoved,
  kReadChecked,
  kCount
};

inline const char* name(Mark mark) {
  static constexpr const char* kNames[] = {
      "confirm lost to expiry",
      "reclaim won",
      "reclaim taken",
      "replay after expiry",
      "replay after a lost reply",
      "unknown resolved: was done",
      "unknown resolved: was not done",
      "unknown healed inside the engine",
      "safe failure tried again inside the engine",
      "lock wait",
      "one request at two hosts at once",
      "host died before commit",
      "host died after commit",
      "split of a poisoned batch",
      "batch put off for due holds",
      "batch put off for its tokens",
      "token taken for new was known",
      "clock stepped back over an expiry",
      "sweep met confirm",
      "sweep recorded an expiry",
      "sold out",
      "blackout refused a hold",
      "blackout refused by bookings",
      "inactive refused",
      "capacity below booked refused",
      "mismatch refused",
      "lifetime exceeded",
      "second order refused",
      "released refused",
      "cancelled twice",
      "moved",
      "availability read and checked",
  };
  static_assert(std::size(kNames) == static_cast<std::size_t>(Mark::kCount));
  return kNames[static_cast<std::size_t>(mark)];
}

class Marks {
 public:
  void hit(Mark mark) { ++hits_[static_cast<std::size_t>(mark)]; }
  std::int64_t of(Mark mark) const { return hits_[static_cast<std::size_t>(mark)]; }
  void add(const Marks& other) {
    for (std::size_t i = 0; i < hits_.size(); ++i) hits_[i] += other.hits_[i];
  }

 private:
  std::array<std::int64_t, static_cast<std::size_t>(Mark::kCount)> hits_{};
};

}  // namespace holdfast::test::machine
