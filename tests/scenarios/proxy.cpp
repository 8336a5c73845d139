#include "proxy.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "support/loopback.hpp"

namespace holdfast::test {
namespace {

struct Target {
  std::string host = "/var/run/postgresql";
  std::string port = "5432";
  std::string rest{};  ///< everything else, as key='value' text
};

Target parse(const std::string& conninfo) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree);
  if (!options) throw std::runtime_error("no libpq conninfo");
  Target out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host" || keyword == "hostaddr") {
      out.host = option->val;
    } else if (keyword == "port") {
      out.port = option->val;
    } else if (keyword != "sslmode" && keyword != "gssencmode") {
      out.rest += std::string(keyword) + "='" + option->val + "' ";
    }
  }
  return out;
}

int connect_tcp(const Target& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found) != 0) return -1;
  int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(fd);
    fd = -1;
  }
  ::freeaddrinfo(found);
  return fd;
}

int connect_to(const Target& target) {
  if (!target.host.starts_with("/")) return connect_tcp(target);
  return connect_unix(target.host + "/.s.PGSQL." + target.port);
}

/// The first whole message of `bytes` (a type, a length that counts itself, a body), or nothing.
std::string_view first_message(std::string_view bytes) {
  if (bytes.size() < 5) return {};
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 1, sizeof(length));
  const std::size_t whole = std::size_t{ntohl(length)} + 1;
  return bytes.size() < whole ? std::string_view{} : bytes.substr(0, whole);
}

bool says_committed(std::string_view message) {
  using namespace std::string_view_literals;
  return message[0] == 'C' && message.substr(5) == "COMMIT\0"sv;
}

}  // namespace

class Proxy::Wire {
 public:
  explicit Wire(const std::string& conninfo) : target_(parse(conninfo)) {
    const Listener listener = listen_on_loopback();
    listener_ = listener.fd;
    port_ = listener.port;
    acceptor_ = std::thread([this] { accept(); });
  }

  ~Wire() {
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : relays_) thread.join();
  }

  std::string conninfo() const {
    return target_.rest + "host=127.0.0.1 port=" + std::to_string(port_) +
           " sslmode=disable gssencmode=disable";
  }

  std::atomic<bool> armed{false};
  std::atomic<int> cuts{0};

 private:
  void accept() {
    while (!closing_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      const int server = connect_to(target_);
      relays_.emplace_back([this, client, server] {
        if (server >= 0) relay(client, server);
        ::close(client);
        if (server >= 0) ::close(server);
      });
    }
  }

  void relay(int client, int server) {
    std::string pending;  // of the server's, not yet a whole message
    std::string buffer(65536, '\0');
    pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    while (!closing_) {
      if (::poll(ends, 2, 100) < 0) return;
      if (ends[0].revents != 0) {
        const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        if (!send_all(server, {buffer.data(), static_cast<std::size_t>(got)})) return;
      }
      if (ends[1].revents != 0) {
        const ssize_t got = ::recv(server, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        pending.append(buffer.data(), static_cast<std::size_t>(got));
        if (!pass_on(client, pending)) return;
      }
    }
  }

  bool pass_on(int client, std::string& pending) {
    std::size_t passed = 0;
    const std::string_view all = pending;
    for (auto message = first_message(all); !message.empty();
         message = first_message(all.substr(passed))) {
      if (says_committed(message) && armed.exchange(false)) {
        ++cuts;
        return false;
      }
      passed += message.size();
    }
    const bool sent = send_all(client, all.substr(0, passed));
    pending.erase(0, passed);
    return sent;
  }

  const Target target_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> closing_{false};
  std::thread acceptor_{};
  std::vector<std::thread> relays_{};
};

Proxy::Proxy(const std::string& conninfo) : wire_(std::make_unique<Wire>(conninfo)) {}
Proxy::~Proxy() = default;
std::string Proxy::conninfo() const { return wire_->conninfo(); }
void Proxy::cut_next_commit() { wire_->armed = true; }
int Proxy::cuts() const { return wire_->cuts; }

}  // namespace holdfast::test
