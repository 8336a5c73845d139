// The rules of booking as the specification has them, in the plainest way that can be: no stored
// sums, no indexes, nothing of the engine's code. Slow, and short enough to be read as a whole.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "witnesses/step.hpp"

namespace holdfast::test::witnesses {

/// A refusal.
Answer no(const std::string& outcome, const std::string& about);
bool has(const std::vector<Date>& days, Date day);

class Model final : public RowWitness {
 public:
  std::string name() const override { return "model"; }
  Answer answer(const Step& step) override;
  ResourceState state(const std::string& resource, Date first, Date last) override;
  std::size_t violations() override { return 0; }

 private:
  struct Hold {
    HoldSeen row{};
    std::string request{};  ///< all that its request asked for
    int item = 0;
  };
  struct Remembered {
    std::string request{};
    Answer answer{};
    Instant at{};
  };
  struct Resource {
    ResourceSeen row{};
    std::string timezone{};
    std::map<Date, std::int64_t> max{};
    std::map<std::string, Hold> holds{};
    std::map<std::string, BookingSeen> bookings{};
    std::map<std::string, BlackoutSeen> blackouts{};
    std::map<std::pair<Operation, std::string>, Remembered> remembered{};
  };
  /// Places asked for, by resource and day: the same day twice is one sum.
  using Wanted = std::map<std::string, std::map<Date, std::int64_t>>;

  // What is true of a resource now.
  Resource* find(const std::string& name);
  Resource* home_of(const std::string& row);
  bool is_due(const Hold& hold) const;
  Date today(const Resource& resource) const;
  static std::int64_t taken(const Resource& resource, Date day);
  static std::int64_t available(const Resource& resource, Date day);
  static bool closed(const Resource& resource, Date day);

  // What several rules share.
  std::set<std::string> touched(const Step& step);
  std::int64_t record_due(Resource& resource);
  std::optional<Answer> refuse(const Wanted& wanted);
  std::vector<Hold*> holds_of(const Step& step, std::optional<Answer>& missing);
  std::optional<Answer> replay(const Step& step, const std::set<std::string>& keys);
  void remember(const Step& step, const std::set<std::string>& keys, const Answer& answer);

  // The operations.
  Answer create_resource(const Step& step);
  Answer update_resource(const Step& step);
  Answer set_deleted(const Step& step, bool deleted);
  Answer initialize(const Step& step);
  Answer adjust(const Step& step);
  Answer hold(const Step& step);
  Answer extend(const Step& step);
  Answer confirm(const Step& step);
  Answer release(const Step& step);
  Answer move_hold(const Step& step);
  Answer move_booking(const Step& step);
  Answer cancel(const Step& step);
  Answer cancel_order(const Step& step);
  Answer create_blackout(const Step& step);
  Answer delete_blackout(const Step& step);
  Answer cleanup();
  Answer prune(const Step& step);

  Instant now_{};
  std::map<std::string, Resource> resources_{};
  std::map<std::string, Remembered> resource_tokens_{};
  std::map<std::string, std::string> home_{};  ///< of every row that ever was
};

}  // namespace holdfast::test::witnesses
