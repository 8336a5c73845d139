#include "loss.hpp"

#include <atomic>

#include "support/engine.hpp"
#ifdef HOLDFAST_WITH_POSTGRES
#include "proxy.hpp"
#endif

namespace holdfast::test {
namespace {

struct Fault {
  std::atomic<bool> armed{false};
  std::atomic<int> lost{0};
};

class LossyStorage final : public Storage {
 public:
  LossyStorage(std::unique_ptr<Storage> inner, std::shared_ptr<Fault> fault)
      : inner_(std::move(inner)), fault_(std::move(fault)) {}

  Result<std::int32_t> migrate() override { return inner_->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    Result<void> done = inner_->transact(scope, decide, meanwhile);
    if (!done.ok() || !fault_->armed.exchange(false)) return done;
    ++fault_->lost;
    return Error{.status = Status::kUnknown,
                 .retry = Retry::kSameToken,
                 .message = "the answer to COMMIT was lost"};
  }
  Result<Snapshot> read(const Scope& scope) override { return inner_->read(scope); }
  Result<ListPage> list(const ListQuery& query) override { return inner_->list(query); }
  std::string describe() const override { return inner_->describe(); }

 private:
  std::unique_ptr<Storage> inner_;
  std::shared_ptr<Fault> fault_;
};

}  // namespace

std::vector<LossySetting> lossy_settings() {
  std::vector<LossySetting> out;
  for (const Backend& backend : backends()) {
    out.push_back({backend, Loss::kStorage});
    if (backend.name == "postgres") out.push_back({backend, Loss::kWire});
  }
  return out;
}

LossyShop::LossyShop(const Database& database, Loss loss, EngineOptions options) {
  options.clock = clock.function();
#ifdef HOLDFAST_WITH_POSTGRES
  if (loss == Loss::kWire) {
    const auto proxy = std::make_shared<Proxy>(database.address());
    fault_ = proxy;
    lose_ = [proxy] { proxy->cut_next_commit(); };
    lost_ = [proxy] { return proxy->cuts(); };
    engine_ = must(Engine::open("postgres:" + proxy->conninfo(), std::move(options)));
    accepted(engine_->migrate());
    return;
  }
#endif
  static_cast<void>(loss);
  const auto fault = std::make_shared<Fault>();
  fault_ = fault;
  lose_ = [fault] { fault->armed = true; };
  lost_ = [fault] { return fault->lost.load(); };
  auto storage = database.open_migrated({.lock_timeout = options.lock_timeout,
                                         .connections_max = options.lanes + options.readers + 2,
                                         .log = options.log,
                                         .clock = options.clock});
  engine_ = must(
      Engine::open(std::make_unique<LossyStorage>(std::move(storage), fault), std::move(options)));
}

LossyShop::~LossyShop() {
  // Before the wire that it talks over.
  engine_.reset();
}

}  // namespace holdfast::test
