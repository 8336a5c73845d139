// A worker in a process of its own: another host, with its own environment, that can be killed.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace holdfast::test {

/// Runs scenario_worker; worker.cpp names its roles. Lines go in and come out.
class Worker {
 public:
  /// `environment`: `NAME=value` entries over those of this process.
  explicit Worker(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  void send(const std::string& line);
  /// The next line, without its end. Throws when the worker has ended without one.
  std::string line();
  /// SIGKILL, and waits until it is gone.
  void kill();

 private:
  pid_t pid_ = -1;
  std::FILE* in_ = nullptr;
  std::FILE* out_ = nullptr;
};

}  // namespace holdfast::test
