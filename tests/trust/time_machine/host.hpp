// One host process: the engine's own parts, put together as Engine does, worked by one thread.
//
// What one caller brings to idle lanes is worked on the caller's thread, at most 64 keys and 256
// commands at once, so that no thread is started and each run of a seed is the same.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "core/validate.hpp"
#include "engine/attempt.hpp"
#include "engine/calendars.hpp"
#include "engine/lanes.hpp"
#include "engine/prepare.hpp"
#include "engine/reads.hpp"
#include "engine/zones.hpp"
#include "time_machine/store.hpp"

namespace holdfast::test::machine {

inline const core::Policy kPolicy{std::chrono::minutes(30), std::chrono::hours(2)};

class Host {
 public:
  /// A patient one tries again what fails safely or is unknown; another leaves it to its caller.
  /// Every second one takes each token for new that it does not know better.
  Host(Database& database, Fate& fate, int number, bool patient)
      : store_(database, fate, number),
        retry_timeout_(patient ? std::chrono::hours(1) : std::chrono::milliseconds(0)),
        trusts_tokens_(number % 2 == 0) {}

  bool trusts_tokens() const { return trusts_tokens_; }

  /// All at once, as callers that wait for one commit. The answers are in the requests' order.
  std::vector<Reply<Value>> answer(const std::vector<Request>& requests) {
    std::vector<Reply<Value>> replies;
    std::vector<core::Command> commands;
    std::vector<std::size_t> waiting;
    for (const auto& request : requests) {
      replies.push_back(Error{});
      if (auto refusal = core::validate(request, kPolicy)) {
        replies.back() = Answer<Value>(std::move(*refusal));
        continue;
      }
      auto prepared = engine::prepare(request, zones_, timezone_);
      if (auto* refusal = std::get_if<Rejection>(&prepared)) {
        replies.back() = Answer<Value>(std::move(*refusal));
        continue;
      }
      waiting.push_back(replies.size() - 1);
      commands.push_back(std::get<core::Command>(std::move(prepared)));
    }
    auto verdicts = lanes_.execute(std::move(commands));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      replies[waiting[i]] = finish(requests[waiting[i]].index(), std::move(verdicts[i]));
    }
    return replies;
  }

  template <class Question>
  Reply<Value> ask(const Question& question) {
    return engine::ask(desk_, question);
  }

  MetricsAnswer metrics() const { return metrics_.snapshot(); }
  void give_up() {
    closed_ = true;
    attempts_.hurry();
  }

 private:
  static Reply<Value> finish(std::size_t index, Result<core::Verdict> verdict) {
    if (!verdict.ok()) return std::move(verdict.error());
    if (auto* rejection = std::get_if<Rejection>(&*verdict)) {
      return Answer<Value>(std::move(*rejection));
    }
    return Answer<Value>(engine::shape(std::get<Value>(std::move(*verdict)), index));
  }

  Store store_;
  const std::chrono::milliseconds retry_timeout_;
  const bool trusts_tokens_;
  const std::string timezone_ = "UTC";
  const engine::Log log_{LogFn{}};
  engine::Zones zones_{};
  engine::Metrics metrics_{};
  std::atomic<bool> closed_{false};
  engine::Attempts attempts_{store_,
                             zones_,
                             metrics_,
                             log_,
                             kPolicy,
                             retry_timeout_,
                             trusts_tokens_ ? 0 : engine::Attempts::kCalmBeforeTrust};
  engine::Lanes lanes_{attempts_, 2, 65536};
  engine::Calendars calendars_{
      1, 1, [this](const Scope& scope) { return engine::read(desk_, scope); },
      [](auto&&) { return Result<void>(Error{}); }};  // there is no other thread
  engine::Desk desk_{store_, zones_, lanes_, calendars_, metrics_, retry_timeout_, closed_};
};

}  // namespace holdfast::test::machine
