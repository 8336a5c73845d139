#include "process.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/spawn.hpp"

namespace holdfast::test {

Process::Process(std::vector<std::string> arguments, const std::string& user,
                 const std::string& output, const std::vector<std::string>& environment) {
  std::vector<std::string> all = {"setpriv", "--pdeathsig", "INT"};
  if (!user.empty() && ::geteuid() == 0) {
    all.insert(all.end(), {"--reuid=" + user, "--regid=" + user, "--clear-groups"});
  }
  all.emplace_back("--");
  all.insert(all.end(), arguments.begin(), arguments.end());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  auto env = environment_with(environment);
  const auto argv = pointers(all);
  const auto envp = pointers(env);
  const int failed = ::posix_spawnp(&pid_, "setpriv", &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + arguments.front());
}

Process::~Process() {
  if (pid_ > 0) wait(0);
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Process::running() {
  if (pid_ <= 0) return false;
  if (::waitpid(pid_, &status_, WNOHANG) != pid_) return true;
  pid_ = -1;
  return false;
}

int Process::wait(int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (running()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status_, 0);
      pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

std::vector<std::string> self(const std::string& test_case) {
  return {std::filesystem::read_symlink("/proc/self/exe").string(), test_case};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

ScopedEnvironment::~ScopedEnvironment() {
  // The last first: a name may have been set twice.
  for (auto before = before_.rbegin(); before != before_.rend(); ++before) {
    if (before->value) {
      ::setenv(before->name.c_str(), before->value->c_str(), 1);
    } else {
      ::unsetenv(before->name.c_str());
    }
  }
}

void ScopedEnvironment::set(const std::string& name, const std::string& value) {
  const char* found = std::getenv(name.c_str());
  before_.push_back({name, found == nullptr ? std::nullopt : std::optional<std::string>(found)});
  ::setenv(name.c_str(), value.c_str(), 1);
}

TemporaryFolder::TemporaryFolder(const std::string& user) {
  path_ = (std::filesystem::temp_directory_path() / "holdfast-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  if (user.empty() || ::geteuid() != 0) return;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw std::runtime_error("no user " + user);
  if (::chown(path_.c_str(), entry->pw_uid, entry->pw_gid) != 0)
    throw std::runtime_error("cannot give " + path_ + " away");
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace holdfast::test
