// The disk fails at every call that SQLite makes of it, in every operation, once and for as long as
// it lasts.
//
// HOLDFAST_BUDGET=20 plays every call; less plays every nth one, from a place that the seed picks.
#include "backends/sqlite_shim.hpp"
#include "shop.hpp"
#include "support/figure.hpp"

namespace holdfast::test {
namespace {

constexpr int kStrideAtOne = 8;

void play(const std::string& journal, FailingDisk::Fault fault, const std::string& fault_name) {
  INFO("journal: " << journal << ", fault: " << fault_name);
  FailingDisk disk;
  const Database db(Backend{.name = "sqlite"});
  ScarceShop shop(db.uri() + "?journal=" + journal);
  const auto begin = [&](int nth, bool lasting) {
    disk.fail(nth, fault, lasting, FailingDisk::Of::kEveryCall);
  };
  const auto end = [&] {
    disk.heal();
    return disk.failed();
  };
  play_operations(shop, {begin, end}, stride(kStrideAtOne), "bad disk", "calls",
                  journal + ", " + fault_name);
}

}  // namespace

TEST_CASE("wherever the disk fails, the answer agrees with the rows", "[disk]") {
  for (const char* journal : {"persist", "wal"}) {
    play(journal, FailingDisk::Fault::kIoError, "broken");
    play(journal, FailingDisk::Fault::kDiskFull, "full");
  }
}

}  // namespace holdfast::test
