// Connections that die after COMMIT and before its answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shop.hpp"

namespace holdfast::test {

/// Where the answer is lost: in a decorated Storage, or (PostgreSQL) on the wire.
enum class Loss { kStorage, kWire };

struct LossySetting {
  Backend backend{};
  Loss loss = Loss::kStorage;
};
std::vector<LossySetting> lossy_settings();

/// EACH_BACKEND, with PostgreSQL once per place where an answer can be lost.
#define EACH_LOSS(db)                                                                         \
  const ::holdfast::test::LossySetting setting_of_##db =                                      \
      GENERATE(from_range(::holdfast::test::lossy_settings()));                               \
  INFO("backend: " << setting_of_##db.backend.name                                            \
                   << (setting_of_##db.loss == ::holdfast::test::Loss::kWire ? " on the wire" \
                                                                             : ""));          \
  ::holdfast::test::Database db(setting_of_##db.backend)

/// An engine on a test clock that can be made to lose the answer to a commit.
class LossyShop {
 public:
  LossyShop(const Database& database, Loss loss, EngineOptions options);
  ~LossyShop();

  Engine& operator*() { return *engine_; }
  Engine* operator->() { return engine_.get(); }
  /// The next transaction is committed; its answer never comes.
  void lose_next_commit() { lose_(); }
  /// Answers lost so far.
  int lost() const { return lost_(); }

  TestClock clock{};

 private:
  std::shared_ptr<void> fault_{};
  std::function<void()> lose_{};
  std::function<int()> lost_{};
  std::unique_ptr<Engine> engine_{};
};

}  // namespace holdfast::test
