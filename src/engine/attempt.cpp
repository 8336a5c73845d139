#include "engine/attempt.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "core/plan.hpp"
#include "engine/prepare.hpp"

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kBackoffMin = 1ms;
constexpr auto kBackoffMax = 200ms;

// Two hosts that collided must not collide again in step.
std::chrono::microseconds jitter(std::chrono::microseconds around) {
  static thread_local std::minstd_rand generator(std::random_device{}());
  std::uniform_int_distribution<std::int64_t> pick(around.count() / 2, around.count());
  return std::chrono::microseconds(pick(generator));
}

Error stuck_error() {
  return {.status = Status::kInternal,
          .retry = Retry::kNever,
          .message = "a batch was put off without progress"};
}

bool* replayed_of(core::Verdict& verdict) {
  auto* value = std::get_if<Value>(&verdict);
  if (value == nullptr) return nullptr;
  return std::visit(
      [](auto& answer) -> bool* {
        if constexpr (requires { answer.replayed; }) return &answer.replayed;
        return nullptr;
      },
      *value);
}

// What a try that trusted its token would have made is not what an earlier request has made.
bool names_the_same(const core::Verdict& a, const core::Verdict& b) {
  const auto* first = std::get_if<HoldsAnswer>(std::get_if<Value>(&a));
  const auto* second = std::get_if<HoldsAnswer>(std::get_if<Value>(&b));
  if (first == nullptr || second == nullptr) return true;
  return first->holds.front().id == second->holds.front().id;
}

// A try that was lost after its COMMIT makes all later ones look like replays. For the caller, who
// asked once, none of them is one.
void forgive_replays(std::vector<core::Verdict>& first, std::vector<core::Verdict>& now) {
  for (std::size_t i = 0; i < std::min(first.size(), now.size()); ++i) {
    const bool* before = replayed_of(first[i]);
    bool* after = replayed_of(now[i]);
    if (before == nullptr || after == nullptr || *before) continue;
    if (names_the_same(first[i], now[i])) *after = false;
  }
}

}  // namespace

struct Attempts::Batch {
  std::vector<const core::Command*> commands{};
  std::vector<std::size_t> indices{};  ///< of the commands, in the caller's span
  bool unknown = false;                ///< an earlier try may have been committed
  core::Tokens tokens = core::Tokens::kLoad;
};

void Attempts::run(std::span<const core::Command* const> commands, const Client& client) {
  Batch batch;
  batch.commands.assign(commands.begin(), commands.end());
  batch.indices.resize(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) batch.indices[i] = i;
  batch.tokens = tokens();
  attempt(std::move(batch), Clock::now() + retry_timeout_, client);
}

// An exception is a failure like any other. Thrown before the decision was handed over, it has
// written nothing.
Result<void> Attempts::transact(const Scope& scope, const Batch& batch, const Client& client,
                                core::Decision& decision) {
  bool decided = false;
  const DecideFn decide = [&](Snapshot snapshot) {
    zones_.fill(snapshot);
    decision = core::decide(batch.commands, std::move(snapshot), policy_, batch.tokens);
    decided = true;
    return std::move(decision.changes);
  };
  try {
    return storage_.transact(scope, decide, client.meanwhile);
  } catch (const std::bad_alloc&) {
    return Error{.status = Status::kNoMemory,
                 .retry = decided ? Retry::kSameToken : Retry::kSafe,
                 .message = "out of memory"};
  } catch (const std::exception& e) {
    return Error{.status = Status::kInternal,
                 .retry = decided ? Retry::kSameToken : Retry::kNever,
                 .message = e.what()};
  }
}

core::Tokens Attempts::tokens() const {
  return calm_ < calm_before_trust_ ? core::Tokens::kLoad : core::Tokens::kTrust;
}

// Two lanes may both count: what is counted wrongly costs a batch more or less, no more.
void Attempts::learn(const core::Tally& tally) {
  if (tally.not_new > 0) {
    calm_ = 0;
  } else if (tally.created > 0 && calm_ < calm_before_trust_) {
    ++calm_;
  }
}

void Attempts::attempt(Batch batch, Clock::time_point deadline, const Client& client) {
  std::vector<core::Verdict> in_doubt;
  Scope scope = core::plan(batch.commands, batch.tokens);
  for (int tries = 1;; ++tries) {
    core::Decision decision;
    const Result<void> done = transact(scope, batch, client, decision);
    if (!done.ok()) {
      if (done.error().retry == Retry::kSameToken) {
        batch.unknown = true;
        forgive_replays(in_doubt, decision.verdicts);
        in_doubt = std::move(decision.verdicts);
      }
      if (std::exchange(batch.tokens, core::Tokens::kLoad) == core::Tokens::kTrust) {
        calm_ = 0;
        scope = core::plan(batch.commands);
        // Most likely one was known, which is no failure.
        if (done.error().retry == Retry::kSafe && !decision.verdicts.empty()) {
          tries = 0;
          continue;
        }
      }
      const bool alone = batch.commands.size() == 1;
      const bool down = done.error().status == Status::kUnavailable || batch.unknown;
      const bool split = !alone && !down && (done.error().retry == Retry::kNever || tries >= 2);
      if (!split && try_again(done.error(), tries, deadline)) continue;
      if (!split) return fail(batch, done.error(), client);
      // One poisoned command, or one key that somebody else keeps locked, must not fail the rest.
      const auto middle = static_cast<std::ptrdiff_t>(batch.commands.size() / 2);
      Batch tail;
      tail.commands.assign(batch.commands.begin() + middle, batch.commands.end());
      tail.indices.assign(batch.indices.begin() + middle, batch.indices.end());
      batch.commands.erase(batch.commands.begin() + middle, batch.commands.end());
      batch.indices.erase(batch.indices.begin() + middle, batch.indices.end());
      attempt(std::move(batch), deadline, client);
      return attempt(std::move(tail), deadline, client);
    }

    forgive_replays(in_doubt, decision.verdicts);
    metrics_.committed(batch.commands.size(), decision.tally);
    learn(decision.tally);
    Batch again;
    for (std::size_t i = 0; i < decision.verdicts.size(); ++i) {
      if (std::holds_alternative<core::Deferred>(decision.verdicts[i])) {
        again.commands.push_back(batch.commands[i]);
        again.indices.push_back(batch.indices[i]);
      } else {
        client.deliver(batch.indices[i], std::move(decision.verdicts[i]));
      }
    }
    if (again.commands.empty()) return;
    // Each run records due holds, decides a command or loads the tokens, so this ends.
    if (again.commands.size() == batch.commands.size() && decision.tally.expired == 0 &&
        batch.tokens == core::Tokens::kLoad) {
      return fail(again, stuck_error(), client);
    }
    batch = std::move(again);
    in_doubt.clear();
    scope = core::plan(batch.commands);
    tries = 0;
  }
}

bool Attempts::try_again(const Error& error, int tries, Clock::time_point deadline) {
  if (error.retry == Retry::kNever || hurry_) return false;
  const auto step =
      std::min<std::chrono::microseconds>(kBackoffMin * (1 << std::min(tries - 1, 8)), kBackoffMax);
  const auto wait = jitter(step);
  if (Clock::now() + wait >= deadline) return false;
  metrics_.retried();
  log_(LogLevel::kInfo, "transaction tried again after {} {}: {}", name(error.status),
       error.sqlstate, error.message);
  std::this_thread::sleep_for(wait);
  return true;
}

void Attempts::fail(const Batch& batch, Error error, const Client& client) {
  if (batch.unknown) {
    error.status = Status::kUnknown;
    error.retry = Retry::kSameToken;
  }
  log_(LogLevel::kError, "transaction given up after {} {}: {}", name(error.status), error.sqlstate,
       error.message);
  for (std::size_t i = 0; i < batch.commands.size(); ++i) {
    if (error.retry == Retry::kSameToken) error.idempotency_token = token_of(*batch.commands[i]);
    client.deliver(batch.indices[i], error);
  }
}

}  // namespace holdfast::engine
