// Processes of a test: servers as an unprivileged user, and this executable once more as a worker.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

/// A child process, killed at the end of its life. It also dies with this process.
class Process {
 public:
  /// `user`: whom to run as when this process is root; empty: as ourselves. stdout and stderr go to
  /// the file `output`, appended. `environment`: `NAME=value` entries over those of this process.
  Process(std::vector<std::string> arguments, const std::string& user, const std::string& output,
          const std::vector<std::string>& environment = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// The exit code, or minus the signal that ended it. Kills what does not end in time.
  int wait(int seconds);
  bool running();

 private:
  pid_t pid_ = -1;
  int status_ = 0;
};

/// This executable, run with one hidden test case only.
std::vector<std::string> self(const std::string& test_case);

/// A value that a parent has set for its worker.
std::string environment(const char* name);

/// This process's environment, changed for as long as the object lives.
class ScopedEnvironment {
 public:
  ScopedEnvironment() = default;
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
  ~ScopedEnvironment();
  void set(const std::string& name, const std::string& value);

 private:
  struct Before {
    std::string name;
    std::optional<std::string> value;
  };
  std::vector<Before> before_{};
};

/// A fresh folder below the system's temporary one, removed at the end; `user` owns it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& user = {});
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

}  // namespace holdfast::test
