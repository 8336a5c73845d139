// Sockets of this machine, for the proxies that stand between a test and its server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::test {

struct Listener {
  int fd = -1;
  std::uint16_t port = 0;
};

/// Listens on a free port of 127.0.0.1. Throws when there is none. The caller closes it.
Listener listen_on_loopback();

/// Connected to the Unix socket at `path`, or -1.
int connect_unix(const std::string& path);

/// False when the other side is gone.
bool send_all(int fd, std::string_view bytes);

}  // namespace holdfast::test
