#include "wiretap.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/loopback.hpp"

namespace holdfast::test {
namespace {

using namespace std::string_view_literals;

}  // namespace

class Wiretap::Wire {
 public:
  explicit Wire(std::string target) : target_(std::move(target)) {
    const Listener listener = listen_on_loopback();
    listener_ = listener.fd;
    port = listener.port;
    acceptor_ = std::thread([this] { accept(); });
  }

  ~Wire() {
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : relays_) thread.join();
  }

  int port = 0;
  std::atomic<int> turns{0};
  std::atomic<int> syncs{0};
  std::atomic<int> statements{0};
  std::atomic<std::int64_t> bytes_sent{0};
  std::atomic<std::int64_t> bytes_received{0};
  std::atomic<bool> armed{false};
  std::atomic<int> aborted{0};

 private:
  /// What a client has sent that is not yet a whole message.
  struct Client {
    std::string pending{};
    bool greeted = false;  ///< the first message has no type
  };

  void accept() {
    while (!closing_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      const int server = connect_unix(target_);
      relays_.emplace_back([this, client, server] {
        if (server >= 0) relay(client, server);
        ::close(client);
        if (server >= 0) ::close(server);
      });
    }
  }

  void relay(int client, int server) {
    Client state;
    bool server_spoke = true;
    std::string buffer(65536, '\0');
    pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    while (!closing_) {
      if (::poll(ends, 2, 50) < 0) return;
      for (const bool from_client : {true, false}) {
        if (ends[from_client ? 0 : 1].revents == 0) continue;
        const ssize_t got = ::recv(from_client ? client : server, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
        if (from_client) {
          if (std::exchange(server_spoke, false)) ++turns;
          bytes_sent += got;
          if (!pass_on(server, state, bytes)) return;
        } else {
          server_spoke = true;
          bytes_received += got;
          if (!send_all(client, bytes)) return;
        }
      }
    }
  }

  bool pass_on(int server, Client& state, std::string_view bytes) {
    state.pending.append(bytes);
    std::string out;
    for (;;) {
      const std::size_t head = state.greeted ? 5 : 4;
      if (state.pending.size() < head) break;
      std::uint32_t length = 0;
      std::memcpy(&length, state.pending.data() + head - 4, sizeof(length));
      const std::size_t whole = ntohl(length) + head - 4;
      if (state.pending.size() < whole) break;
      std::string message = state.pending.substr(0, whole);
      state.pending.erase(0, whole);
      if (state.greeted) read_along(message);
      state.greeted = true;
      out += message;
    }
    return send_all(server, out);
  }

  void read_along(std::string& message) {
    if (message[0] == 'S') ++syncs;
    if (message[0] == 'E' || message[0] == 'Q') ++statements;
    const auto at = message.find("\0COMMIT\0"sv);
    if (message[0] != 'P' || at == std::string::npos || !armed.exchange(false)) return;
    message.replace(at + 1, 6, "ABORT ");
    ++aborted;
  }

  const std::string target_;
  int listener_ = -1;
  std::atomic<bool> closing_{false};
  std::thread acceptor_{};
  std::vector<std::thread> relays_{};
};

Wiretap::Wiretap(const std::string& target) : wire_(std::make_unique<Wire>(target)) {}
Wiretap::~Wiretap() = default;
int Wiretap::port() const { return wire_->port; }
int Wiretap::turns() const { return wire_->turns; }
int Wiretap::syncs() const { return wire_->syncs; }
int Wiretap::statements() const { return wire_->statements; }
std::int64_t Wiretap::bytes_sent() const { return wire_->bytes_sent; }
std::int64_t Wiretap::bytes_received() const { return wire_->bytes_received; }
void Wiretap::abort_next_commit() { wire_->armed = true; }
int Wiretap::aborted() const { return wire_->aborted; }

}  // namespace holdfast::test
