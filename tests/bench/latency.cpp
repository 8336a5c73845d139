// bench_latency: a loopback proxy that delays every byte by the same time in each direction, and
// keeps their order: a network between two processes of one machine.
//
//   bench_latency --listen PORT --to PORT --delay-us US
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

struct Piece {
  Clock::time_point due;
  std::string bytes;  ///< none: the end of the stream
};

struct Pipe;

// A socket as epoll knows it, with the pipes that read from it and write to it.
struct End {
  int fd = -1;
  Pipe* out_of = nullptr;
  Pipe* into = nullptr;
};

// One direction of one connection.
struct Pipe {
  End* from = nullptr;
  End* to = nullptr;
  std::deque<Piece> pieces;
  std::size_t sent = 0;    ///< of the first piece
  std::size_t queued = 0;  ///< bytes
  bool is_read = false;    ///< the end of the stream has been read
  bool is_over = false;    ///< and passed on
  bool is_stuck = false;   ///< the socket takes no more
};

struct Connection {
  std::array<End, 2> ends;
  std::array<Pipe, 2> pipes;
};

class Proxy {
 public:
  Proxy(int listen_port, int to_port, std::chrono::microseconds delay)
      : to_(loopback(to_port)), delay_(delay), epoll_(epoll_create1(0)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = loopback(listen_port);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      die("bind");
    }
    if (listen(listener_, 1024) != 0) die("listen");
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD, &listener_);
    watch(timer_, EPOLLIN, EPOLL_CTL_ADD, &timer_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) die("epoll_wait");
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
      std::erase_if(connections_, [this](const auto& connection) { return pass_on(*connection); });
      set_timer();
    }
  }

 private:
  static constexpr std::size_t kQueuedMax = 1 << 22;

  void watch(int fd, std::uint32_t events, int operation, void* data) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = data;
    if (epoll_ctl(epoll_, operation, fd, &event) != 0) die("epoll_ctl");
  }

  void handle(const epoll_event& event) {
    if (event.data.ptr == &listener_) {
      accept_all();
    } else if (event.data.ptr == &timer_) {
      std::uint64_t times = 0;
      static_cast<void>(!read(timer_, &times, sizeof times));
    } else {
      End& end = *static_cast<End*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) end.into->is_stuck = false;
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) take(*end.out_of);
    }
  }

  void accept_all() {
    for (;;) {
      const int near = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (near < 0) return;
      const int far = socket(AF_INET, SOCK_STREAM, 0);
      if (connect(far, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) != 0) {
        close(near);
        close(far);
        continue;
      }
      add(near, far);
    }
  }

  void add(int near, int far) {
    auto& connection = *connections_.emplace_back(std::make_unique<Connection>());
    const std::array<int, 2> sockets = {near, far};
    for (std::size_t i = 0; i < 2; ++i) {
      End& end = connection.ends[i];
      end = {sockets[i], &connection.pipes[i], &connection.pipes[1 - i]};
      connection.pipes[i].from = &end;
      connection.pipes[i].to = &connection.ends[1 - i];
      const int yes = 1;
      setsockopt(end.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      // Edges, so that a socket that cannot be written at this moment does not spin.
      watch(end.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, EPOLL_CTL_ADD, &end);
    }
  }

  void take(Pipe& pipe) {
    static std::array<char, 1 << 16> buffer;
    while (!pipe.is_read && pipe.queued < kQueuedMax) {
      const ssize_t size = recv(pipe.from->fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      const auto due = Clock::now() + delay_;
      pipe.is_read = size <= 0;
      pipe.pieces.push_back(
          {due, std::string(buffer.data(), pipe.is_read ? 0 : static_cast<std::size_t>(size))});
      pipe.queued += pipe.pieces.back().bytes.size();
    }
  }

  // What is due. True once nothing can come any more.
  bool pass_on(Connection& connection) {
    for (Pipe& pipe : connection.pipes) {
      const bool was_full = pipe.queued >= kQueuedMax;
      flush(pipe);
      if (was_full && pipe.queued < kQueuedMax) take(pipe);
    }
    if (!connection.pipes[0].is_over || !connection.pipes[1].is_over) return false;
    for (const End& end : connection.ends) close(end.fd);
    return true;
  }

  static void flush(Pipe& pipe) {
    const auto now = Clock::now();
    while (!pipe.pieces.empty() && !pipe.is_stuck && pipe.pieces.front().due <= now) {
      const Piece& piece = pipe.pieces.front();
      if (piece.bytes.empty()) {
        shutdown(pipe.to->fd, SHUT_WR);
        pipe.is_over = true;
      } else {
        const ssize_t size = send(pipe.to->fd, piece.bytes.data() + pipe.sent,
                                  piece.bytes.size() - pipe.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN) {
          pipe.is_stuck = true;
          return;
        }
        // A reader that is gone: what is left is nobody's.
        pipe.sent += size < 0 ? piece.bytes.size() - pipe.sent : static_cast<std::size_t>(size);
        if (pipe.sent < piece.bytes.size()) continue;
      }
      pipe.queued -= piece.bytes.size();
      pipe.sent = 0;
      pipe.pieces.pop_front();
    }
  }

  void set_timer() const {
    auto next = Clock::time_point::max();
    for (const auto& connection : connections_) {
      for (const Pipe& pipe : connection->pipes) {
        if (!pipe.pieces.empty() && !pipe.is_stuck) next = std::min(next, pipe.pieces.front().due);
      }
    }
    if (next == Clock::time_point::max()) return;
    const auto left =
        std::max<std::int64_t>(1, std::chrono::nanoseconds(next - Clock::now()).count());
    itimerspec spec{};
    spec.it_value = {left / 1'000'000'000, left % 1'000'000'000};
    timerfd_settime(timer_, 0, &spec, nullptr);
  }

  sockaddr_in to_;
  std::chrono::microseconds delay_;
  int epoll_;
  int listener_ = -1;
  int timer_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
};

int number_of(int argc, char** argv, const char* name) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], name) == 0) return std::atoi(argv[i + 1]);
  }
  std::fprintf(stderr, "bench_latency --listen PORT --to PORT --delay-us US\n");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  // The kernel may otherwise put a wake-up off by 50 microseconds.
  prctl(PR_SET_TIMERSLACK, 1);
  Proxy proxy(number_of(argc, argv, "--listen"), number_of(argc, argv, "--to"),
              std::chrono::microseconds(number_of(argc, argv, "--delay-us")));
  std::printf("ready\n");
  std::fflush(stdout);
  proxy.run();
}
