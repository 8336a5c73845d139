// A wire to a PostgreSQL server that is cut after a chosen byte.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/relay.hpp"

namespace holdfast::test {

enum class Blade {
  kClose,      ///< both sides see the end
  kReset,      ///< both sides see a reset
  kHalfClose,  ///< the listener sees the end, the speaker does not
  kStall,      ///< a pause, then on as if nothing had been
};
const char* name(Blade blade);

struct Cut {
  Side speaker = Side::kClient;
  std::int64_t after = 0;  ///< this many of the speaker's bytes still pass, counted from arm()
  Blade blade = Blade::kClose;
  bool unreachable = false;  ///< no new connection comes through until disarm()
};

/// What has passed since arm().
struct Passage {
  std::int64_t from_client = 0;
  std::int64_t from_server = 0;
  bool cut = false;
  /// Where a speaker has begun anew after the other one, in its own bytes.
  std::vector<std::int64_t> turns_of_client{};
  std::vector<std::int64_t> turns_of_server{};
};

class Guillotine {
 public:
  explicit Guillotine(const std::string& conninfo);

  /// The same database through the wire.
  std::string conninfo() const { return address_.through(relay_.port()); }
  /// Counts from zero, and cuts once.
  void arm(const Cut& cut);
  /// Counts from zero, and does not cut.
  void count() { arm({.after = INT64_MAX}); }
  Passage disarm();

 private:
  class Edge;
  std::unique_ptr<Tap> admit();
  Passed said(Side speaker, std::string_view bytes);

  const ServerAddress address_;
  std::mutex mutex_{};
  bool armed_ = false;
  Cut cut_{};
  Passage passage_{};
  Side last_ = Side::kServer;
  Relay relay_;
};

}  // namespace holdfast::test
