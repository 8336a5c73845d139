#include "support/relay.hpp"

#include <libpq-fe.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include "support/loopback.hpp"

namespace holdfast::test {
namespace {

using Then = Passed::Then;

void reset_on_close(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

int connect_tcp(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(fd);
    fd = -1;
  }
  ::freeaddrinfo(found);
  return fd;
}

// A message that was cut in two must not wait for the acknowledgement of its first half.
void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

// ---- Relay --------------------------------------------------------------------------------------

Relay::Relay(Connect connect, MakeTap make_tap)
    : connect_(std::move(connect)), make_tap_(std::move(make_tap)) {
  const Listener listener = listen_on_loopback();
  listener_ = listener.fd;
  port_ = listener.port;
  acceptor_ = std::thread([this] { accept(); });
}

Relay::~Relay() {
  closing_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
}

void Relay::accept() {
  while (!closing_) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    // A campaign makes a hundred thousand connections: what has ended is let go.
    std::erase_if(served_, [](const std::future<void>& connection) {
      return connection.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    served_.push_back(std::async(std::launch::async, [this, client] { serve(client); }));
  }
  served_.clear();
}

void Relay::serve(int client) {
  if (const auto tap = make_tap_()) {
    const int server = connect_();
    if (server >= 0) {
      send_at_once(client);
      send_at_once(server);
      forward(client, server, *tap);
      ::close(server);
    }
  }
  ::close(client);
}

void Relay::forward(int client, int server, Tap& tap) const {
  std::string buffer(65536, '\0');
  pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
  bool heard[] = {true, true};  // false: what this side still says is dropped
  while (!closing_) {
    if (::poll(ends, 2, 50) < 0) return;
    for (const int from : {0, 1}) {
      if (ends[from].revents == 0) continue;
      const ssize_t got = ::recv(ends[from].fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      if (!heard[from]) continue;
      const int to = ends[1 - from].fd;
      const Passed passed = tap.said(from == 0 ? Side::kClient : Side::kServer,
                                     {buffer.data(), static_cast<std::size_t>(got)});
      if (!send_all(to, passed.bytes)) return;
      if (passed.then == Then::kReset) {
        reset_on_close(client);
        reset_on_close(server);
      }
      if (passed.then == Then::kClose || passed.then == Then::kReset) return;
      if (passed.then == Then::kHalfClose) {
        heard[from] = false;
        ::shutdown(to, SHUT_WR);
      }
    }
  }
}

// ---- ServerAddress ------------------------------------------------------------------------------

ServerAddress::ServerAddress(const std::string& conninfo) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree);
  if (!options) throw std::runtime_error("no libpq conninfo");
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host" || keyword == "hostaddr") {
      host_ = option->val;
    } else if (keyword == "port") {
      port_ = option->val;
    } else if (keyword != "sslmode" && keyword != "gssencmode") {
      rest_ += std::string(keyword) + "='" + option->val + "' ";
    }
  }
}

int ServerAddress::connect() const {
  if (!host_.starts_with("/")) return connect_tcp(host_, port_);
  return connect_unix(host_ + "/.s.PGSQL." + port_);
}

std::string ServerAddress::through(int port) const {
  return rest_ + "host=127.0.0.1 port=" + std::to_string(port) +
         " sslmode=disable gssencmode=disable";
}

}  // namespace holdfast::test
