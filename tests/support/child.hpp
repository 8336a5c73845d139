// What holds in a forked child.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

/// Of Clang's coverage: what a child has reached is lost with _exit.
extern "C" int __llvm_profile_write_file() __attribute__((weak));

namespace holdfast::test {

/// Runs `body` in a forked child, which ends without a destructor or handler of its parent's; false
/// when it was wrong there or did not come back.
inline bool holds_in_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    const bool right = body();
    if (__llvm_profile_write_file != nullptr) __llvm_profile_write_file();
    // Not _exit(): what a child rightly leaves alone of its parent's would be a leak to valgrind.
    ::execl(right ? "/bin/true" : "/bin/false", "child", nullptr);
    ::_exit(2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace holdfast::test
