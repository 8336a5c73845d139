#include "handles.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <utility>

namespace holdfast::capi {

/// `word` is generation << 32 | open << 31 | calls inside, so that "is it this engine, is it open,
/// count me in" is one compare-and-swap. No lock anywhere: one held by another thread at a fork
/// would be locked for ever in the child.
struct Slot {
  std::atomic<std::uint64_t> word{0};
  std::atomic<bool> taken{false};
  std::atomic<std::uint32_t> ended{0};  // the last generation whose close is done
  std::atomic<pid_t> process{0};
  std::atomic<Engine*> engine{nullptr};
};

namespace {

constexpr std::size_t kSlots = 1024;
constexpr std::uint64_t kMagic = 0x4846;
constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;
constexpr std::uint64_t kCalls = kOpen - 1;

// Constant-initialised and trivially destroyed: nothing runs at load or exit.
constinit Slot slots[kSlots];
thread_local bool inside_callback = false;

std::uint32_t generation_of(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

struct Handle {
  std::size_t index;
  std::uint32_t generation;
};

// magic 16 bits, generation 32 bits, index 16 bits.
holdfast_engine pack(Handle handle) {
  return kMagic << 48 | std::uint64_t{handle.generation} << 16 | handle.index;
}

Error misuse(const char* message) { return Error{Status::kMisuse, Retry::kNever, message}; }
Error closed() { return Error{Status::kClosed, Retry::kNever, "engine: it is closed"}; }

// The slot that `handle` names or named, or why there is none.
Result<Slot*> slot_of(holdfast_engine handle, std::uint32_t* generation) {
  const auto index = static_cast<std::size_t>(handle & 0xFFFF);
  *generation = static_cast<std::uint32_t>(handle >> 16);
  if (handle == 0) return misuse("engine: 0 is no engine");
  if (handle >> 48 != kMagic || index >= kSlots || *generation == 0) {
    return misuse("engine: not a handle of this library");
  }
  if (inside_callback) return misuse("engine: the library was called from a callback");
  Slot& slot = slots[index];
  if (*generation > generation_of(slot.word.load())) {
    return misuse("engine: not a handle of this library");
  }
  if (slot.process.load(std::memory_order_relaxed) != getpid()) {
    return misuse("engine: opened by another process, before a fork; open one of your own");
  }
  return &slot;
}

void leave(Slot& slot) {
  const std::uint64_t before = slot.word.fetch_sub(1);
  if ((before & kOpen) == 0 && (before & kCalls) == 1) slot.word.notify_all();
}

// Whoever takes the open bit off ends the engine.
bool take_open(Slot& slot, std::uint32_t generation) {
  std::uint64_t word = slot.word.load();
  while (generation_of(word) == generation && (word & kOpen) != 0) {
    if (slot.word.compare_exchange_weak(word, word & ~kOpen)) return true;
  }
  return false;
}

void end(Slot& slot, std::uint32_t generation) {
  std::unique_ptr<Engine> engine(slot.engine.load());
  try {
    engine->close();
  } catch (...) {
    // The calls inside must end before the engine does, whatever became of this.
  }
  for (std::uint64_t word = slot.word.load(); (word & kCalls) != 0; word = slot.word.load()) {
    slot.word.wait(word);
  }
  engine.reset();
  slot.engine.store(nullptr);
  slot.ended.store(generation);
  slot.ended.notify_all();
  slot.taken.store(false);
}

}  // namespace

CallbackScope::CallbackScope() : before_(std::exchange(inside_callback, true)) {}
CallbackScope::~CallbackScope() { inside_callback = before_; }

EngineRef::~EngineRef() {
  if (slot_ != nullptr) leave(*slot_);
}
Engine* EngineRef::operator->() const { return slot_->engine.load(std::memory_order_relaxed); }

Result<holdfast_engine> add_engine(std::unique_ptr<Engine> engine) {
  for (std::size_t index = 0; index < kSlots; ++index) {
    Slot& slot = slots[index];
    if (slot.taken.load(std::memory_order_relaxed) || slot.taken.exchange(true)) continue;
    const std::uint32_t generation = generation_of(slot.word.load()) + 1;
    if (generation == 0) continue;  // used up: left taken, so that no old handle comes alive
    slot.engine.store(engine.release());
    slot.process.store(getpid());
    slot.word.store(std::uint64_t{generation} << 32 | kOpen);
    return pack({index, generation});
  }
  return Error{Status::kBusy, Retry::kSafe, "1,024 engines are open; close one"};
}

Result<EngineRef> find_engine(holdfast_engine handle) {
  std::uint32_t generation = 0;
  const Result<Slot*> slot = slot_of(handle, &generation);
  if (!slot.ok()) return slot.error();
  std::uint64_t word = (*slot)->word.load();
  while (generation_of(word) == generation && (word & kOpen) != 0) {
    if ((*slot)->word.compare_exchange_weak(word, word + 1)) return EngineRef(*slot);
  }
  return closed();
}

Result<void> close_engine(holdfast_engine handle) {
  if (handle == 0) return {};
  std::uint32_t generation = 0;
  const Result<Slot*> found = slot_of(handle, &generation);
  if (!found.ok()) return found.error();
  Slot& slot = **found;
  if (take_open(slot, generation)) {
    end(slot, generation);
    return {};
  }
  for (std::uint32_t ended = slot.ended.load(); ended < generation; ended = slot.ended.load()) {
    slot.ended.wait(ended);
  }
  return {};
}

}  // namespace holdfast::capi
