// A loopback wire to a PostgreSQL server that counts round trips and can spoil a COMMIT.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace holdfast::test {

class Wiretap {
 public:
  /// `target`: a Unix socket's path.
  explicit Wiretap(const std::string& target);
  Wiretap(const Wiretap&) = delete;
  Wiretap& operator=(const Wiretap&) = delete;
  ~Wiretap();

  int port() const;
  /// How often a client has begun to speak after the server had spoken: its round trips.
  int turns() const;
  /// How often a client has ended what it says with a Sync.
  int syncs() const;
  /// Statements that a client has had carried out: Execute and Query messages.
  int statements() const;
  /// By all clients, and to them.
  std::int64_t bytes_sent() const;
  std::int64_t bytes_received() const;
  /// The next COMMIT reaches the server as ABORT, which it carries out and answers with ROLLBACK.
  void abort_next_commit();
  int aborted() const;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace holdfast::test
