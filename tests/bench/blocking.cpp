// N threads of the host's, each of which waits for its answer: the C++ interface.
#include <thread>

#include "holdfast/engine.hpp"
#include "host.hpp"

namespace holdfast::bench {
namespace {

template <class T>
Answered classify(const Reply<T>& reply) {
  if (!reply.ok()) {
    complain(reply.error().message);
    return Answered::kFailed;
  }
  if (reply->accepted()) return Answered::kAccepted;
  if (reply->outcome() == Outcome::kInsufficientCapacity) return Answered::kRefused;
  complain(name(reply->outcome()));
  return Answered::kFailed;
}

class Caller {
 public:
  Caller(Engine& engine, const Load& load, int number)
      : engine_(engine), load_(load), chooser_(load, number) {}

  Answered once() {
    switch (load_.workload) {
      case Workload::kSpread:
      case Workload::kHot:
        return classify(hold());
      case Workload::kConfirm:
        return confirm();
      case Workload::kRelease:
        return release();
      case Workload::kCheck:
        return check();
      case Workload::kSearch:
        return search();
    }
    return Answered::kFailed;
  }

 private:
  Reply<HoldAnswer> hold() {
    const auto stay = chooser_.stay();
    CreateHold request;
    request.resource_id = *stay.resource;
    request.dates.reserve(static_cast<std::size_t>(stay.days));
    for (int i = 0; i < stay.days; ++i) {
      request.dates.push_back(stay.first + std::chrono::days(i));
    }
    request.customer_email = "guest@example.com";
    request.idempotency_token = chooser_.token();
    return engine_.create_hold(std::move(request));
  }

  Answered confirm() {
    const auto held = hold();
    const Answered answered = classify(held);
    if (answered != Answered::kAccepted) return answered;
    ConfirmHold request;
    request.hold_id = held->value().hold.id;
    request.order_id = chooser_.order();
    request.line_item_id = "line_1";
    return classify(engine_.confirm_hold(std::move(request)));
  }

  Answered release() {
    const auto held = hold();
    const Answered answered = classify(held);
    if (answered != Answered::kAccepted) return answered;
    ReleaseHold request;
    request.hold_id = held->value().hold.id;
    return classify(engine_.release_hold(std::move(request)));
  }

  Answered check() {
    const auto month = chooser_.month();
    CheckAvailability request;
    request.resource_id = *month.resource;
    request.start_date = month.first;
    request.end_date = month.first + std::chrono::days(month.days - 1);
    return classify(engine_.check_availability(std::move(request)));
  }

  Answered search() {
    SearchAvailability request;
    request.resource_ids = load_.shop.resources;
    request.start_date = load_.shop.first_day;
    request.end_date = load_.shop.first_day + std::chrono::days(kMonth - 1);
    const auto reply = engine_.search_availability(std::move(request));
    const Answered answered = classify(reply);
    if (answered == Answered::kAccepted &&
        reply->value().resources.size() != load_.shop.resources.size()) {
      complain("the search left resources out");
      return Answered::kFailed;
    }
    return answered;
  }

  Engine& engine_;
  const Load& load_;
  Chooser chooser_;
};

class BlockingHost final : public Host {
 public:
  BlockingHost(const std::string& uri, int lanes) {
    EngineOptions options;
    if (lanes > 0) options.lanes = lanes;
    auto opened = Engine::open(uri, std::move(options));
    if (!opened.ok()) die(opened.error().message);
    engine_ = std::move(*opened);
  }

  void start(Load& load) override {
    for (int i = 0; i < load.callers; ++i) {
      threads_.emplace_back([this, &load, i] {
        Caller caller(*engine_, load, i);
        Tally& tally = load.tallies[static_cast<std::size_t>(i)];
        while (!load.stop.load(std::memory_order_relaxed)) {
          const auto began = Clock::now();
          load.record(tally, began, caller.once());
        }
      });
    }
  }

  void join() override {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  Batches batches() override {
    const auto metrics = engine_->metrics();
    if (!metrics.ok()) die(metrics.error().message);
    return {metrics->value().batches, metrics->value().commands};
  }

  Engine* engine() override { return engine_.get(); }

 private:
  std::unique_ptr<Engine> engine_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Host> open_blocking(const std::string& uri, int lanes) {
  return std::make_unique<BlockingHost>(uri, lanes);
}

}  // namespace holdfast::bench
