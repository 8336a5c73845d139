// What the campaigns found, each reduced to its shortest story.
#include <memory>
#include <utility>

#include "holdfast/engine.hpp"
#include "storage/backends.hpp"
#include "support/catch.hpp"
#include "support/database.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

/// Commits, and loses the replies of so many commits.
class LosesReplies final : public Storage {
 public:
  explicit LosesReplies(int& losses) : losses_(losses) {}

  Result<std::int32_t> migrate() override { return storage_->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    auto done = storage_->transact(scope, decide, meanwhile);
    if (!done.ok() || losses_ == 0) return done;
    --losses_;
    return Error{.status = Status::kUnknown, .retry = Retry::kSameToken, .message = "lost"};
  }
  Result<Snapshot> read(const Scope& scope) override { return storage_->read(scope); }
  Result<ListPage> list(const ListQuery& query) override { return storage_->list(query); }
  std::string describe() const override { return "memory, on a bad line"; }

 private:
  int& losses_;
  std::unique_ptr<Storage> storage_ = must(open_memory({}));
};

}  // namespace

// Found by the time machine: the second lost reply made the engine forget that the first was no
// replay.
TEST_CASE("Whoever asks once is not told of a replay, however often the reply is lost") {
  for (const int losses : {0, 1, 2, 3}) {
    INFO(losses << " lost replies");
    int left = 0;
    auto engine = must(Engine::open(std::make_unique<LosesReplies>(left), {}));
    REQUIRE(engine->migrate().ok());
    left = losses;
    const auto made =
        must(engine->create_resource({.type = "TOUR", .name = "Reef", .timezone = "UTC"}));
    const std::string id = made.value().resource.id;
    left = losses;
    const InitializeCapacity places{.resource_id = id,
                                    .start_date = day(36525),
                                    .end_date = day(36525),
                                    .daily_capacity = 5,
                                    .idempotency_token = "places"};
    CHECK_FALSE(must(engine->initialize_capacity(places)).value().replayed);
    left = losses;
    const AdjustCapacity adjust{
        .resource_id = id, .dates = {day(36525)}, .delta = 1, .idempotency_token = "one more"};
    CHECK_FALSE(must(engine->adjust_capacity(adjust)).value().replayed);
    left = losses;
    const CreateHold hold{.resource_id = id, .dates = {day(36525)}, .idempotency_token = "a seat"};
    CHECK_FALSE(must(engine->create_hold(hold)).value().replayed);
    CHECK(left == 0);
    CHECK(must(engine->create_hold(hold)).value().replayed);
  }
}

}  // namespace holdfast::test
