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
std::atomic<bool> only_ours{false};
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

void starve(int nth, bool lasting, Whose whose) {
  has_failed = false;
  lasts = lasting;
  only_ours = whose == Whose::kOurs;
  left = nth;
}

bool feed() {
  left = 0;
  return has_failed;
}

}  // namespace holdfast::test

using holdfast::test::fails_now;
using holdfast::test::only_ours;

#ifndef STARVATION_BY_HOOKS

// Declared by glibc's headers with attributes that a redefinition must repeat, hence through
// malloc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) { return !only_ours && fails_now() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) {
  return !only_ours && fails_now() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  return !only_ours && fails_now() ? nullptr : __libc_realloc(memory, size);
}
}

namespace {
void* memory_of(std::size_t size) { return __libc_malloc(size); }
}  // namespace

#else

// A sanitizer has malloc for itself.
namespace {
void* memory_of(std::size_t size) { return std::malloc(size); }
}  // namespace

#endif

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return fails_now() ? nullptr : memory_of(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#ifdef STARVATION_BY_HOOKS

namespace {

sqlite3_mem_methods plain;

void* sqlite_malloc(int size) { return !only_ours && fails_now() ? nullptr : plain.xMalloc(size); }
void* sqlite_realloc(void* memory, int size) {
  return !only_ours && fails_now() ? nullptr : plain.xRealloc(memory, size);
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
