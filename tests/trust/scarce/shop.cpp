#include "shop.hpp"

#include "support/figure.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

int scenes = 0;

}  // namespace

void play_points(ScarceShop& shop, const Operation& operation, const Scarcity& scarcity,
                 bool lasting, int stride, Points& points) {
  const Scene plain = prepare(*shop.engine, operation.needs, ++scenes);
  if (const Told told = operation.ask(*shop.engine, plain); !told.done)
    throw std::runtime_error(std::string(operation.name) + ": " + told.text);
  const std::string after = rows(*shop.storage, plain);
  Random random(static_cast<std::uint64_t>(scenes));
  const auto first = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(stride)));
  for (int nth = first;; nth += stride) {
    const Scene scene = prepare(*shop.engine, operation.needs, ++scenes);
    Trial trial{.before = rows(*shop.storage, scene)};
    Request request = operation.request(scene);
    scarcity.begin(nth, lasting);
    const auto reply = shop.engine->execute(std::move(request));
    if (!scarcity.end()) return;
    trial.first = told(reply);
    trial.between = rows(*shop.storage, scene);
    trial.second = operation.ask(*shop.engine, scene);
    trial.end = rows(*shop.storage, scene);
    ++points.played;
    if (trial.first.done) ++points.done;
    if (trial.first.retry == Retry::kSafe) ++points.safe;
    if (trial.first.retry == Retry::kSameToken) ++points.same_token;
    const std::string what = contradiction(operation, trial, after);
    if (what.empty()) continue;
    points.wrong.push_back(std::string(operation.name) + ", " + std::to_string(nth) +
                           (lasting ? " and all later: " : ": ") + what +
                           " (first told: " + trial.first.text + ")");
  }
}

void play_operations(ScarceShop& shop, const Scarcity& scarcity, int stride,
                     const std::string& campaign, const std::string& unit,
                     const std::string& what) {
  Points all;
  std::string each;
  for (const Operation& operation : operations()) {
    const int before = all.played;
    for (const bool lasting : {false, true})
      play_points(shop, operation, scarcity, lasting, stride, all);
    each += std::string(each.empty() ? "" : ", ") + operation.name + " " +
            std::to_string(all.played - before);
  }
  report({.campaign = campaign,
          .part = what,
          .count = all.played,
          .unit = unit,
          .wrong = std::ssize(all.wrong),
          .whole = stride == 1,
          .text = "told done " + std::to_string(all.done) + ", SAFE " + std::to_string(all.safe) +
                  ", SAME_TOKEN " + std::to_string(all.same_token) + " (" + each + ")"});
  for (std::size_t i = 0; i < std::min<std::size_t>(all.wrong.size(), 20); ++i)
    UNSCOPED_INFO(all.wrong[i]);
  CHECK(all.wrong.empty());
  CHECK(all.played > 0);
  CHECK(unsound(*shop.engine).empty());
}

}  // namespace holdfast::test
