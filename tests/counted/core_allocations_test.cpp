// How often the core asks for memory.
#include <atomic>
#include <cstdlib>
#include <new>

#include "batch.hpp"
#include "bounds.hpp"

namespace {
std::atomic<long> allocations{0};
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace holdfast::counted {
namespace {

template <class Function>
long allocations_of(Function function) {
  const long before = allocations;
  const auto kept = function();
  return allocations - before;
}

struct PerCommand {
  double plan;
  double decide;
};

PerCommand count(std::size_t size, Over over) {
  const Batch batch(size, over);
  const auto per_command = [&](long all) {
    return static_cast<double>(all) / static_cast<double>(size);
  };
  Snapshot found = snapshot(batch.plan());
  return {.plan = per_command(allocations_of([&] { return batch.plan(); })),
          .decide = per_command(allocations_of([&] { return batch.decide(std::move(found)); }))};
}

}  // namespace

TEST_CASE("the core's allocations per command are few, and no more in a larger batch") {
  struct Way {
    std::string name;
    Over over;
  };
  for (const Way& way :
       {Way{"spread", Over::kResourcesOfTheirOwn}, Way{"hot", Over::kOneResource}}) {
    const PerCommand small = count(8, way.over);
    const PerCommand full = count(kKeysPerTransaction, way.over);
    hold_to("core.plan.allocations." + way.name, full.plan);
    hold_to("core.decide.allocations." + way.name, full.decide);
    INFO(way.name);
    CHECK(full.plan <= small.plan);
    CHECK(full.decide <= small.decide);
  }
}

}  // namespace holdfast::counted
