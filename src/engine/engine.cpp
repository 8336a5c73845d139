#include "holdfast/engine.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/validate.hpp"
#include "engine/attempt.hpp"
#include "engine/calendars.hpp"
#include "engine/completions.hpp"
#include "engine/guarded.hpp"
#include "engine/lanes.hpp"
#include "engine/log.hpp"
#include "engine/metrics.hpp"
#include "engine/prepare.hpp"
#include "engine/readers.hpp"
#include "engine/reads.hpp"
#include "engine/zones.hpp"
#include "holdfast/storage.hpp"

namespace holdfast {
namespace {

Error closed_error() {
  return {.status = Status::kClosed, .retry = Retry::kNever, .message = "the engine is closed"};
}

using engine::guarded;

// Asked in two steps, see engine/reads.hpp.
template <class R>
concept AsksForDays = requires(engine::Desk& desk, const R& r) {
  engine::days_question(desk, r);
};

// Connections of the storage that are not the lanes' or the readers'.
constexpr std::int32_t kSpareConnections = 2;

// More reads at once than cores would only take turns, and gather less. Two on one core, because
// each waits for the database for most of its time.
std::size_t reads_at_once(const EngineOptions& options) {
  const auto connections = static_cast<unsigned>(options.readers + kSpareConnections);
  return std::min(connections, std::max(2U, std::thread::hardware_concurrency()));
}

}  // namespace

class Engine::Impl {
 public:
  Impl(std::unique_ptr<Storage> storage, EngineOptions options)
      : options_(std::move(options)),
        policy_{options_.hold_ttl, options_.max_hold_lifetime},
        log_(options_.log),
        storage_(std::move(storage)),
        attempts_(*storage_, zones_, metrics_, log_, policy_, options_.retry_timeout),
        lanes_(attempts_, std::min(options_.lanes, storage_->transactions_max()),
               options_.queue_max, [this] { completions_.ring(); }),
        readers_(options_.readers, options_.queue_max),
        calendars_(
            reads_at_once(options_), options_.queue_max,
            [this](const Scope& scope) { return engine::read(desk_, scope); },
            [this](auto job) { return readers_.submit(std::move(job)); }),
        desk_{*storage_, zones_, lanes_, calendars_, metrics_, options_.retry_timeout, closed_} {
    log_(LogLevel::kInfo, "opened: {}", storage_->describe());
  }

  ~Impl() { close(); }

  void close() {
    closed_ = true;
    attempts_.hurry();
    lanes_.close();
    readers_.close();
    calendars_.finish();
  }

  Reply<Value> execute(Request request) {
    if (closed_) return closed_error();
    const std::size_t index = request.index();
    if (auto refusal = core::validate(request, policy_)) return refuse(index, std::move(*refusal));
    if (!engine::is_command(request)) return settle(index, answer(request));
    auto prepared = engine::prepare(std::move(request), zones_, options_.timezone);
    if (auto* refusal = std::get_if<Rejection>(&prepared))
      return refuse(index, std::move(*refusal));
    std::vector<core::Command> one;
    one.push_back(std::move(std::get<core::Command>(prepared)));
    metrics_.requested(one.front());
    auto results = lanes_.execute(std::move(one));
    return finish(index, std::move(results.front()));
  }

  Result<void> submit(Request request, std::uint64_t tag) {
    if (closed_) return closed_error();
    const std::size_t index = request.index();
    auto place = engine::Completions::reserve(tag);
    if (auto refusal = core::validate(request, policy_)) {
      complete(std::move(place), refuse(index, std::move(*refusal)));
      return {};
    }
    if (!engine::is_command(request)) return submit_read(std::move(request), std::move(place));
    auto prepared = engine::prepare(std::move(request), zones_, options_.timezone);
    if (auto* refusal = std::get_if<Rejection>(&prepared)) {
      complete(std::move(place), refuse(index, std::move(*refusal)));
      return {};
    }
    auto& command = std::get<core::Command>(prepared);
    metrics_.requested(command);
    auto done = [this, place = std::move(place), index](Result<core::Verdict> verdict) mutable {
      // What may want for memory here is the words of a refusal.
      auto reply = guarded([&] { return finish(index, std::move(verdict)); });
      completions_.push(std::move(place), std::move(reply));
    };
    return lanes_.submit(std::move(command), std::move(done));
  }

  engine::Completions& completions() { return completions_; }

 private:
  Reply<Value> refuse(std::size_t index, Rejection rejection) {
    metrics_.rejected(rejection.outcome);
    return settle(index, Answer<Value>(std::move(rejection)));
  }

  Reply<Value> answer(const Request& request) {
    return std::visit(
        [this](const auto& r) -> Reply<Value> {
          if constexpr (requires { engine::ask(desk_, r); }) {
            return engine::ask(desk_, r);
          } else {
            return Error{.message = "a command where a question was expected"};
          }
        },
        request);
  }

  void complete(engine::Completions::Place&& place, Reply<Value> reply) {
    completions_.push(std::move(place), std::move(reply));
    completions_.ring();
  }

  /// A submitted read, until it is answered.
  struct Asked {
    Request request;
    engine::Completions::Place place;
  };

  void complete(Asked& asked, Reply<Value> reply) {
    auto settled = guarded([&] { return settle(asked.request.index(), std::move(reply)); });
    complete(std::move(asked.place), std::move(settled));
  }

  Result<void> submit_read(Request request, engine::Completions::Place place) {
    auto asked = std::make_shared<Asked>(Asked{std::move(request), std::move(place)});
    const bool can_begin = std::visit(
        [](const auto& r) {
          if constexpr (AsksForDays<decltype(r)>) return engine::names_its_keys(r);
          return false;
        },
        asked->request);
    if (can_begin) return begin(asked);
    return readers_.submit([this, asked = std::move(asked)](bool closed) {
      if (closed) return complete(std::move(asked->place), closed_error());
      auto begun = guarded([&] { return begin(asked); });
      if (!begun.ok()) complete(*asked, std::move(begun.error()));
    });
  }

  // Completes it, or leaves that to whoever reads the days for all that want some.
  Result<void> begin(const std::shared_ptr<Asked>& asked) {
    return std::visit(
        [&](const auto& r) -> Result<void> {
          if constexpr (AsksForDays<decltype(r)>) {
            auto question = engine::days_question(desk_, r);
            if (auto* q = std::get_if<engine::DaysQuestion>(&question)) {
              return ask_days(std::move(*q), asked);
            }
            complete(*asked, std::get<Reply<Value>>(std::move(question)));
          } else {
            complete(*asked, guarded([&] { return answer(asked->request); }));
          }
          return {};
        },
        asked->request);
  }

  Result<void> ask_days(engine::DaysQuestion question, std::shared_ptr<Asked> asked) {
    auto q = std::make_shared<const engine::DaysQuestion>(std::move(question));
    return calendars_.ask(
        q->keys, q->range, [this, asked = std::move(asked), q](const auto& found) {
          complete(*asked, guarded([&] { return engine::answer(desk_, *q, found); }));
        });
  }

  // From the verdict to the answer that the caller gets.
  Reply<Value> finish(std::size_t index, Result<core::Verdict> verdict) {
    if (!verdict.ok()) return settle(index, std::move(verdict.error()));
    metrics_.answered(*verdict);
    if (auto* rejection = std::get_if<Rejection>(&*verdict)) {
      return settle(index, Answer<Value>(std::move(*rejection)));
    }
    Value value = engine::shape(std::get<Value>(std::move(*verdict)), index);
    if (auto* made = std::get_if<ResourceAnswer>(&value); made && made->resource.type.empty()) {
      return replay_of_resource(made->resource.id);
    }
    return Answer<Value>(std::move(value));
  }

  // A replayed create_resource knows the id; the row stands under a key of its own.
  Reply<Value> replay_of_resource(const std::string& id) {
    auto reply = guarded([&] { return engine::ask(desk_, RetrieveResource{id}); });
    if (reply.ok() && reply->accepted()) {
      std::get<ResourceAnswer>(reply->value()).replayed = true;
    }
    return reply;
  }

  // The last touch: every failure is counted and logged, every refusal says why in words.
  Reply<Value> settle(std::size_t index, Reply<Value> reply) {
    if (reply.ok()) {
      if (!reply->accepted() && reply->rejection().message.empty()) {
        reply->rejection().message = core::explanation(reply->outcome());
      }
    } else {
      metrics_.failed(reply.error().status);
      log_(LogLevel::kWarning, "{} not answered: {} {} {}", engine::request_name(index),
           name(reply.error().status), reply.error().sqlstate, reply.error().message);
    }
    return reply;
  }

  const EngineOptions options_;
  const core::Policy policy_;
  const engine::Log log_;
  engine::Zones zones_;
  engine::Metrics metrics_;
  std::atomic<bool> closed_{false};
  engine::Completions completions_;
  const std::unique_ptr<Storage> storage_;
  engine::Attempts attempts_;
  engine::Lanes lanes_;
  engine::Readers readers_;
  engine::Calendars calendars_;
  engine::Desk desk_;
};

namespace {

Error configuration(const char* message) {
  return {.status = Status::kConfiguration, .retry = Retry::kNever, .message = message};
}

// A clock of the host's may say anything; what is added to it must still be an instant.
std::function<Instant()> bounded(std::function<Instant()> clock) {
  static constexpr Instant kFirst{bounds::kDateMin.time_since_epoch()};
  static constexpr Instant kLast{bounds::kDateMax.time_since_epoch() - bounds::kTtlMax * 13};
  return [clock = std::move(clock)] { return std::clamp(clock(), kFirst, kLast); };
}

std::optional<Error> refuse(const EngineOptions& options) {
  using std::chrono::milliseconds;
  if (options.lanes < 1 || options.lanes > 16) return configuration("lanes: 1 to 16");
  if (options.readers < 1 || options.readers > 64) return configuration("readers: 1 to 64");
  if (options.queue_max < 1 || options.queue_max > 10'000'000) {
    return configuration("queue_max: 1 to 10,000,000");
  }
  if (options.hold_ttl < bounds::kTtlMin || options.hold_ttl > bounds::kTtlMax) {
    return configuration("hold_ttl: 1 ms to 31 days");
  }
  if (options.max_hold_lifetime < options.hold_ttl ||
      options.max_hold_lifetime > bounds::kTtlMax * 12) {
    return configuration("max_hold_lifetime: hold_ttl to 372 days");
  }
  if (options.lock_timeout < milliseconds(1) || options.lock_timeout > std::chrono::hours(1)) {
    return configuration("lock_timeout: 1 ms to 1 h");
  }
  if (options.retry_timeout < milliseconds(0) || options.retry_timeout > std::chrono::hours(1)) {
    return configuration("retry_timeout: 0 to 1 h");
  }
  if (!engine::Zones().exists(options.timezone)) {
    return configuration("timezone: not in the system's tz database");
  }
  return std::nullopt;
}

}  // namespace

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(std::string_view uri, EngineOptions options) {
  return guarded([&]() -> Result<std::unique_ptr<Engine>> {
    if (auto refusal = refuse(options)) return std::move(*refusal);
    StorageOptions storage_options;
    storage_options.lock_timeout = options.lock_timeout;
    storage_options.connections_max = options.lanes + options.readers + kSpareConnections;
    storage_options.log = options.log;
    if (options.clock) storage_options.clock = bounded(options.clock);
    auto storage = open_storage(uri, storage_options);
    if (!storage.ok()) return std::move(storage.error());
    return open(std::move(*storage), std::move(options));
  });
}

Result<std::unique_ptr<Engine>> Engine::open(std::unique_ptr<Storage> storage,
                                             EngineOptions options) {
  return guarded([&]() -> Result<std::unique_ptr<Engine>> {
    if (auto refusal = refuse(options)) return std::move(*refusal);
    return std::unique_ptr<Engine>(
        new Engine(std::make_unique<Impl>(std::move(storage), std::move(options))));
  });
}

void Engine::close() { impl_->close(); }
Reply<Value> Engine::execute(Request request) {
  return guarded([&] { return impl_->execute(std::move(request)); });
}
Result<void> Engine::submit(Request request, std::uint64_t tag) {
  return guarded([&] { return impl_->submit(std::move(request), tag); });
}
std::vector<Completion> Engine::drain(std::size_t max) { return impl_->completions().drain(max); }
void Engine::set_wakeup(std::function<void()> wakeup) {
  impl_->completions().set_wakeup(std::move(wakeup));
}

}  // namespace holdfast
