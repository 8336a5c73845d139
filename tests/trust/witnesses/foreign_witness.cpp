#include "witnesses/foreign_witness.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "support/spawn.hpp"

namespace holdfast::test::witnesses {
namespace {

class ForeignWitness final : public Witness {
 public:
  ForeignWitness(std::string name, std::vector<std::string> command, bool shows_milliseconds)
      : name_(std::move(name)), shows_milliseconds_(shows_milliseconds) {
    int to_child[2] = {-1, -1};
    int from_child[2] = {-1, -1};
    if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    const auto argv = pointers(command);
    const int failed = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    to_ = ::fdopen(to_child[1], "w");
    from_ = ::fdopen(from_child[0], "r");
    if (failed != 0) throw std::runtime_error("cannot start " + command[0]);
  }
  ForeignWitness(const ForeignWitness&) = delete;
  ForeignWitness& operator=(const ForeignWitness&) = delete;
  ~ForeignWitness() override {
    ::fclose(to_);  // the end of its input is its end
    ::fclose(from_);
    ::waitpid(pid_, nullptr, 0);
  }

  std::string name() const override { return name_; }
  std::string said(const Step& step) override { return ask("step " + text(step)); }
  std::string shown(const std::string& resource, Date first, Date last) override {
    const auto number = [](Date day) { return std::to_string(day.time_since_epoch().count()); };
    return ask("state " + resource + " " + number(first) + " " + number(last));
  }
  std::size_t violations() override { return std::stoul(ask("violations")); }
  bool shows_milliseconds() const override { return shows_milliseconds_; }

 private:
  std::string ask(const std::string& question) {
    if (std::fputs((question + "\n").c_str(), to_) < 0 || std::fflush(to_) != 0) {
      throw std::runtime_error("it has ended");
    }
    std::string out;
    char* line = nullptr;
    std::size_t room = 0;
    ssize_t size = 0;
    while ((size = ::getline(&line, &room, from_)) > 0 && std::string(line) != ".\n") {
      out.append(line, static_cast<std::size_t>(size));
    }
    std::free(line);
    if (size <= 0) throw std::runtime_error("it has ended");
    if (!out.empty()) out.pop_back();
    return out;
  }

  const std::string name_;
  const bool shows_milliseconds_;
  pid_t pid_ = -1;
  FILE* to_ = nullptr;
  FILE* from_ = nullptr;
};

}  // namespace

std::vector<std::unique_ptr<Witness>> open_foreign_witnesses() {
  const std::string folder = HOLDFAST_WITNESSES;
  ::signal(SIGPIPE, SIG_IGN);  // a witness that has ended is one that differs
  std::vector<std::unique_ptr<Witness>> out;
  if (std::getenv("HOLDFAST_LIBRARY") != nullptr) {
    out.push_back(std::make_unique<ForeignWitness>(
        "Python", std::vector<std::string>{"python3", "-B", folder + "/witness.py", "memory:"},
        false));
  }
  if (std::getenv("HOLDFAST_NODE_PACKAGE") != nullptr) {
    out.push_back(std::make_unique<ForeignWitness>(
        "Node", std::vector<std::string>{"node", folder + "/witness.mjs", "memory:"}, true));
  }
  return out;
}

}  // namespace holdfast::test::witnesses
