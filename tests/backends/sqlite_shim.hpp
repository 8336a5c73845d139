// A disk that can fail: a VFS over the system's own, for every connection opened while it lives.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <memory>

namespace holdfast::test {

/// One at a time. Makes itself SQLite's default VFS.
class FailingDisk {
 public:
  /// What one failure answers.
  enum class Fault { kIoError, kDiskFull };
  /// What can fail: writes, syncs and truncations; or also reads, opening, looking for, measuring,
  /// mapping, locking and deleting a file.
  enum class Of { kWrites, kEveryCall };

  FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;
  ~FailingDisk();

  /// The write, sync or truncation number `nth` from now, counted from 1, fails (or the call number
  /// `nth` of any kind); `lasting`: and so does every later one, until heal().
  void fail(int nth, Fault fault, bool lasting = false, Of of = Of::kWrites);
  void heal();
  /// Whether a failure has been played since fail().
  bool failed() const;
  /// Writes, syncs and truncations since it was made.
  int operations() const;
  int syncs() const;
};

}  // namespace holdfast::test
