// A failure: the question was not answered. A refusal is no failure; see outcome.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace holdfast {

/// Why a question was not answered. Values are part of the ABI: never renumbered, never reused.
enum class Status : std::int32_t {
  kOk = 0,
  kBusy = 1,           ///< lock timeout, deadlock, a busy file, a full queue
  kUnavailable = 2,    ///< the database cannot be reached or refuses writes now
  kUnknown = 3,        ///< the connection was lost during COMMIT: done or not done
  kSchema = 4,         ///< not migrated, from a newer version, or not Holdfast's
  kConfiguration = 5,  ///< a bad address, a missing privilege or feature, a backend not built in
  kStorage = 6,        ///< the database answered with an error that a retry does not cure
  kInvariant = 7,      ///< a database CHECK was hit: a defect to be reported, nothing was written
  kNoMemory = 8,
  kMisuse = 9,  ///< a call the interface forbids: NULL, a wrong struct size, invalid UTF-8
  kClosed = 10,
  kInternal = 11,
};

/// What a caller may do about a failure. Values are part of the ABI.
enum class Retry : std::int32_t {
  kNever = 0,      ///< the same call fails again
  kSafe = 1,       ///< nothing happened; try again
  kSameToken = 2,  ///< it may have happened; repeat with the same idempotency token
};

struct Error {
  Status status = Status::kInternal;
  Retry retry = Retry::kNever;
  std::string message{};   ///< one line of English, no personal data, no password
  std::string sqlstate{};  ///< PostgreSQL's five characters, or empty
  /// With Retry::kSameToken: the token to repeat with, also when the engine made it.
  std::string idempotency_token{};
};

/// A value, or the Error for which there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  /// REQUIRES: ok().
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// REQUIRES: !ok().
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}
  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  /// REQUIRES: !ok().
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

/// `LOCK_TIMEOUT`-style upper-case name; "UNKNOWN_STATUS" for a value of a newer version.
const char* name(Status status);
const char* name(Retry retry);

}  // namespace holdfast
