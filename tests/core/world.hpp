// A storage of maps and loops, as plain as can be: what storage.hpp says, without an index or a
// lock. It throws on whatever a decision must not do.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/command.hpp"
#include "core/decide.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::test {

/// A decision broke the contract of storage.hpp.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

struct WorldKey {
  struct Places {
    std::int32_t max = 0;
    std::int32_t available = 0;
    friend bool operator==(const Places&, const Places&) = default;
  };
  struct Remembered {
    CommandRecord record{};
    Instant at{};
  };
  std::optional<Resource> resource{};
  std::map<Date, Places> capacity{};
  std::map<std::string, StoredHold> holds{};
  std::map<std::string, Allocation> allocations{};
  std::map<std::string, Blackout> blackouts{};
  std::map<CommandKey, Remembered> commands{};

  bool empty() const;
};

class World {
 public:
  Instant now{};
  std::map<std::string, WorldKey> keys{};

  /// What decide is given, `today` included.
  Snapshot load(const Scope& scope) const;
  /// Writes all of it. Throws Broken on a row outside the scope, a guard that does not hold, an
  /// insert that meets a row, or a row that is written twice; then the world is of no more use.
  void apply(const Scope& scope, const Changes& changes);
  /// Whether one of them is there already, by its token and item.
  bool has_one_of(const std::vector<StoredHold>& holds) const;
  /// For audit(): every row of the key.
  KeySnapshot everything(const std::string& key) const;

  /// Two zones a day apart.
  static Date today(const std::string& timezone);

 private:
  KeySnapshot load(const KeyScope& scope) const;
};

bool same(const World& a, const World& b);
std::string describe(const World& world);

inline const std::string kHome = "Australia/Brisbane";
inline const std::string kAhead = "Pacific/Kiritimati";

/// plan, load, decide, apply. Throws Broken. With kTrust all are Deferred and nothing is written
/// when a hold would meet one that is there.
core::Decision run(World& world, const std::vector<const core::Command*>& commands,
                   const core::Policy& policy, core::Tokens tokens = core::Tokens::kLoad);

/// One verdict for each command, running what was deferred again until none is, with kLoad. Throws
/// Broken when that does not come to an end.
std::vector<core::Verdict> run_all(World& world, const std::vector<core::Command>& commands,
                                   const core::Policy& policy,
                                   core::Tokens first = core::Tokens::kLoad);

/// What audit() finds in all of it.
std::vector<Violation> violations(const World& world);

}  // namespace holdfast::test
