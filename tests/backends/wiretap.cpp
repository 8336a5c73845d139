#include "wiretap.hpp"

#include <arpa/inet.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "support/loopback.hpp"
#include "support/relay.hpp"

namespace holdfast::test {
namespace {

using namespace std::string_view_literals;

}  // namespace

class Wiretap::Wire {
 public:
  explicit Wire(const std::string& target)
      : relay_([target] { return connect_unix(target); },
               [this] { return std::make_unique<Counter>(*this); }) {}

  int port() const { return relay_.port(); }

  std::atomic<int> turns{0};
  std::atomic<int> syncs{0};
  std::atomic<int> statements{0};
  std::atomic<std::int64_t> bytes_sent{0};
  std::atomic<std::int64_t> bytes_received{0};
  std::atomic<bool> armed{false};
  std::atomic<int> aborted{0};

 private:
  class Counter final : public Tap {
   public:
    explicit Counter(Wire& wire) : wire_(wire) {}

    Passed said(Side speaker, std::string_view bytes) override {
      const auto size = static_cast<std::int64_t>(bytes.size());
      if (speaker == Side::kServer) {
        server_spoke_ = true;
        wire_.bytes_received += size;
        return {std::string(bytes)};
      }
      if (std::exchange(server_spoke_, false)) ++wire_.turns;
      wire_.bytes_sent += size;
      return {whole_messages(bytes)};
    }

   private:
    std::string whole_messages(std::string_view bytes) {
      pending_.append(bytes);
      std::string out;
      for (;;) {
        const std::size_t head = greeted_ ? 5 : 4;
        if (pending_.size() < head) return out;
        std::uint32_t length = 0;
        std::memcpy(&length, pending_.data() + head - 4, sizeof(length));
        const std::size_t whole = ntohl(length) + head - 4;
        if (pending_.size() < whole) return out;
        std::string message = pending_.substr(0, whole);
        pending_.erase(0, whole);
        if (greeted_) read_along(message);
        greeted_ = true;
        out += message;
      }
    }

    void read_along(std::string& message) {
      if (message[0] == 'S') ++wire_.syncs;
      if (message[0] == 'E' || message[0] == 'Q') ++wire_.statements;
      if (message[0] == 'P') {
        const std::string name = text_at(message, 5);
        commits_.erase(name);
        if (text_at(message, 5 + name.size() + 1) == "COMMIT") commits_.insert(name);
      }
      if (message[0] != 'B') return;
      const std::size_t at = 5 + text_at(message, 5).size() + 1;
      const std::string name = text_at(message, at);
      if (commits_.count(name) == 0 || !wire_.armed.exchange(false)) return;
      // Of an unnamed statement instead, whose preparation the client does not miss.
      message.erase(at, name.size());
      const std::uint32_t size = htonl(static_cast<std::uint32_t>(message.size() - 1));
      std::memcpy(message.data() + 1, &size, sizeof(size));
      message.insert(0, "P\0\0\0\x0d\0ABORT\0\0\0"sv);
      ++wire_.aborted;
    }

    static std::string text_at(const std::string& message, std::size_t at) {
      return message.c_str() + at;
    }

    Wire& wire_;
    std::string pending_{};            ///< of the client's, not yet a whole message
    std::set<std::string> commits_{};  ///< the statements that are a COMMIT
    bool greeted_ = false;             ///< the first message has no type
    bool server_spoke_ = true;
  };

  Relay relay_;
};

Wiretap::Wiretap(const std::string& target) : wire_(std::make_unique<Wire>(target)) {}
Wiretap::~Wiretap() = default;
int Wiretap::port() const { return wire_->port(); }
int Wiretap::turns() const { return wire_->turns; }
int Wiretap::syncs() const { return wire_->syncs; }
int Wiretap::statements() const { return wire_->statements; }
std::int64_t Wiretap::bytes_sent() const { return wire_->bytes_sent; }
std::int64_t Wiretap::bytes_received() const { return wire_->bytes_received; }
void Wiretap::abort_next_commit() { wire_->armed = true; }
int Wiretap::aborted() const { return wire_->aborted; }

}  // namespace holdfast::test
