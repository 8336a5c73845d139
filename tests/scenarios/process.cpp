#include "process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "support/spawn.hpp"

namespace holdfast::test {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  // Closed on exec, or a second worker would keep the first one's pipe open.
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  return ends;
}

}  // namespace

Worker::Worker(std::vector<std::string> arguments, std::vector<std::string> environment) {
  // A worker that has died must show as a missing line, not as a signal.
  ::signal(SIGPIPE, SIG_IGN);
  const auto to = make_pipe();
  const auto from = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
  const std::string program = SCENARIO_WORKER;
  arguments.insert(arguments.begin(), program);
  auto all = environment_with(environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(all);
  const int failed =
      ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(to[0]);
  ::close(from[1]);
  in_ = ::fdopen(to[1], "w");
  out_ = ::fdopen(from[0], "r");
  if (failed != 0) throw std::runtime_error("cannot start " + program);
}

Worker::~Worker() {
  std::fclose(in_);
  std::fclose(out_);
  if (pid_ <= 0) return;
  // It ends with its input, unless a failed test has left it in the middle of something.
  for (int i = 0; i < 500; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    ::usleep(10'000);
  }
  kill();
}

void Worker::send(const std::string& line) {
  std::fputs((line + "\n").c_str(), in_);
  std::fflush(in_);
}

std::string Worker::line() {
  std::string out;
  for (int c = std::fgetc(out_); c != '\n'; c = std::fgetc(out_)) {
    if (c == EOF) throw std::runtime_error("the worker has ended; it said: " + out);
    out.push_back(static_cast<char>(c));
  }
  return out;
}

void Worker::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace holdfast::test
