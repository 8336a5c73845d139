#include "starvation.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

#ifdef STARVATION_BY_HOOKS
#include <sqlite3.h>
#endif

namespace holdfast::test {
namespace {

std::atomic<int> left{0};  // allocations until one fails; 0: none will
std::atomic<bool> lasts{false};
std::atomic<bool> has_failed{false};

bool fails_now() {
  const int now = left.load();
  if (now == 0) return false;
  const bool stays = now == 1 && lasts;
  if (!stays && left.fetch_sub(1) != 1) return false;
  has_failed = true;
  errno = ENOMEM;
  return true;
}

}  // namespace

void starve(int nth, bool lasting) {
  has_failed = false;
  lasts = lasting;
  left = nth;
}

bool feed() {
  left = 0;
  return has_failed;
}

}  // namespace holdfast::test

using holdfast::test::fails_now;

#ifndef STARVATION_BY_HOOKS

// Declared by glibc's headers with attributes that a redefinition must repeat, hence through
// malloc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) { return fails_now() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) {
  return fails_now() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  return fails_now() ? nullptr : __libc_realloc(memory, size);
}
}

#else

// A sanitizer has malloc for itself.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

sqlite3_mem_methods plain;

void* sqlite_malloc(int size) { return fails_now() ? nullptr : plain.xMalloc(size); }
void* sqlite_realloc(void* memory, int size) {
  return fails_now() ? nullptr : plain.xRealloc(memory, size);
}

// Before anything has initialised SQLite, which then keeps to these.
[[maybe_unused]] const bool is_hooked = [] {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
  sqlite3_mem_methods hooked = plain;
  hooked.xMalloc = sqlite_malloc;
  hooked.xRealloc = sqlite_realloc;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &hooked) == SQLITE_OK;
}();

}  // namespace

#endif
