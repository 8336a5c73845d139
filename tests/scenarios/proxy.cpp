#include "proxy.hpp"

#include <arpa/inet.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "support/relay.hpp"

namespace holdfast::test {
namespace {

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
  explicit Wire(const std::string& conninfo)
      : address_(conninfo),
        relay_([this] { return address_.connect(); },
               [this] { return std::make_unique<CommitTap>(*this); }) {}

  std::string conninfo() const { return address_.through(relay_.port()); }

  std::atomic<bool> armed{false};
  std::atomic<int> cuts{0};

 private:
  class CommitTap final : public Tap {
   public:
    explicit CommitTap(Wire& wire) : wire_(wire) {}
    Passed said(Side speaker, std::string_view bytes) override {
      if (speaker == Side::kClient) return {std::string(bytes)};
      pending_.append(bytes);
      std::size_t whole = 0;
      const std::string_view all = pending_;
      for (auto message = first_message(all); !message.empty();
           message = first_message(all.substr(whole))) {
        if (says_committed(message) && wire_.armed.exchange(false)) {
          ++wire_.cuts;
          return {{}, Passed::Then::kClose};
        }
        whole += message.size();
      }
      Passed out{pending_.substr(0, whole)};
      pending_.erase(0, whole);
      return out;
    }

   private:
    Wire& wire_;
    std::string pending_{};  ///< of the server's, not yet a whole message
  };

  const ServerAddress address_;
  Relay relay_;
};

Proxy::Proxy(const std::string& conninfo) : wire_(std::make_unique<Wire>(conninfo)) {}
Proxy::~Proxy() = default;
std::string Proxy::conninfo() const { return wire_->conninfo(); }
void Proxy::cut_next_commit() { wire_->armed = true; }
int Proxy::cuts() const { return wire_->cuts; }

}  // namespace holdfast::test
