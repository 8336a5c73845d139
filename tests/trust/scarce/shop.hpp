// An engine on a storage that can be looked at, and the loop that both campaigns play.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trust/faults/operations.hpp"

namespace holdfast::test {

/// One lane, no patience: what one try answers is what this is about.
struct ScarceShop {
  explicit ScarceShop(const std::string& uri) {
    auto opened = must(open_storage(uri, {}));
    storage = opened.get();
    engine = must(
        Engine::open(std::move(opened),
                     {.lanes = 1, .readers = 1, .retry_timeout = std::chrono::milliseconds(0)}));
    (void)must(engine->migrate());
  }
  Storage* storage = nullptr;
  std::unique_ptr<Engine> engine{};
};

/// Fails something at every point of an operation.
struct Scarcity {
  std::function<void(int nth, bool lasting)> begin;
  std::function<bool()> end;  ///< whether anything has failed
};

struct Points {
  int played = 0;
  int done = 0;
  int safe = 0;
  int same_token = 0;
  std::vector<std::string> wrong{};
};

/// `operation` with the first, the second... the last of its points failing, every `stride`th of
/// them. Each time on a scene of its own, then once more with the same token and all well.
void play_points(ScarceShop& shop, const Operation& operation, const Scarcity& scarcity,
                 bool lasting, int stride, Points& points);

/// Every operation, once and lasting; the figure of each is printed, and nothing may be wrong.
void play_operations(ScarceShop& shop, const Scarcity& scarcity, int stride,
                     const std::string& campaign, const std::string& unit, const std::string& what);

}  // namespace holdfast::test
