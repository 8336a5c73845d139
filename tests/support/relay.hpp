// The one skeleton of every wire that stands between a test and its PostgreSQL server.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::test {

enum class Side { kClient, kServer };

/// What a tap lets through, and what becomes of the connection after that.
struct Passed {
  enum class Then {
    kGoOn,
    kClose,      ///< both sides see the end of the stream
    kReset,      ///< both sides see a reset
    kHalfClose,  ///< the listener sees the end of the stream; it may still answer
  };
  std::string bytes{};
  Then then = Then::kGoOn;
};

/// Reads along on one connection, on that connection's own thread; may sleep, which stalls it.
class Tap {
 public:
  Tap() = default;
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  virtual ~Tap() = default;
  virtual Passed said(Side speaker, std::string_view bytes) = 0;
};

/// Forwards loopback connections to a server, each through a tap of its own.
class Relay {
 public:
  using Connect = std::function<int()>;                   ///< a socket to the server, or -1
  using MakeTap = std::function<std::unique_ptr<Tap>()>;  ///< nullptr: the connection is refused

  Relay(Connect connect, MakeTap make_tap);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  int port() const { return port_; }

 private:
  void accept();
  void serve(int client);
  void forward(int client, int server, Tap& tap) const;

  const Connect connect_;
  const MakeTap make_tap_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> closing_{false};
  std::vector<std::future<void>> served_{};  ///< the acceptor's own
  std::thread acceptor_{};
};

/// Where a libpq conninfo leads, apart from everything else that it says.
class ServerAddress {
 public:
  explicit ServerAddress(const std::string& conninfo);
  /// A socket to the server, or -1.
  int connect() const;
  /// The same database at a port of this machine, in clear text, so that a tap can read along.
  std::string through(int port) const;

 private:
  std::string host_ = "/var/run/postgresql";
  std::string port_ = "5432";
  std::string rest_{};  ///< everything else, as key='value' text
};

}  // namespace holdfast::test
