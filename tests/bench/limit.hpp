// The limit: a bare loop that makes the same reads and writes the same rows as the engine does for
// a batch of new holds, and nothing else. What the engine is compared with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support.hpp"

namespace holdfast::bench {

inline constexpr const char* kLimitEmail = "guest@example.com";
inline constexpr std::int64_t kLimitTtlMicros = std::int64_t{30} * 60 * 1'000'000;

struct LimitPlan {
  Shop shop;     ///< its resources ascending, so that places stand in the order of locking
  int batch;     ///< holds in one transaction
  int stay;      ///< days of one hold
  bool hot;      ///< all on the shop's first resource and day
  int hot_spot;  ///< the place of that resource
  int lanes;
};

/// The holds of one transaction, and what it reads for them. Days count from the shop's first.
class LimitBatch {
 public:
  struct Hold {
    int place = 0;  ///< of its resource among resources()
    int first = 0;
    std::string id, token, fingerprint;
  };
  /// Neighbouring days of one resource: what is read at one go.
  struct Run {
    int place;
    int first;
    int last;
  };
  /// Neighbouring days of one resource of which as many places are taken.
  struct Taken {
    int place;
    int first;
    int last;
    int places;
  };

  /// Each lane has its own share of the resources: no lane waits for another's rows.
  LimitBatch(const LimitPlan& plan, int lane, std::uint64_t seed);
  void choose();

  const std::string& resource(int place) const {
    return plan_.shop
        .resources[static_cast<std::size_t>(resources_[static_cast<std::size_t>(place)])];
  }
  int resources() const { return static_cast<int>(resources_.size()); }
  // Each ascending by resource and day.
  const std::vector<Hold>& holds() const { return holds_; }
  const std::vector<Run>& runs() const { return runs_; }
  const std::vector<Taken>& taken() const { return taken_; }

 private:
  int place_of(std::uint64_t slot);
  void fill_holds();
  void fill_days();

  const LimitPlan& plan_;
  const std::uint64_t first_resource_;
  const std::uint64_t resource_count_;
  Random random_;
  Random fresh_;
  // A resource in the high half, a day in the low one.
  std::vector<std::uint64_t> stays_;
  std::vector<std::uint64_t> slots_;
  std::vector<int> resources_;
  std::vector<Hold> holds_;
  std::vector<Run> runs_;
  std::vector<Taken> taken_;
};

class LimitDatabase {
 public:
  virtual ~LimitDatabase() = default;
  /// Returns when the batch is committed; it is then the next one.
  virtual void book(LimitBatch& batch) = 0;
};

std::unique_ptr<LimitDatabase> open_limit_postgres(const std::string& uri, const LimitPlan& plan);
std::unique_ptr<LimitDatabase> open_limit_sqlite(const std::string& uri, const LimitPlan& plan);
std::string limit_postgres_version();
std::string limit_sqlite_version();

}  // namespace holdfast::bench
