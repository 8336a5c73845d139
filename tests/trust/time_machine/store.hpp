// The memory backend as one host sees it through a bad network: what fails, and when, is for the
// Fate to say.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "holdfast/storage.hpp"
#include "time_machine/auditor.hpp"

namespace holdfast::test::machine {

enum class Fault {
  kNone,
  kRefused,      ///< before anything: SAFE
  kConflict,     ///< after the decision, before anything is written: SAFE
  kReplyLost,    ///< committed, and the reply is lost: SAME_TOKEN
  kRequestLost,  ///< nothing is committed, and that is not known: SAME_TOKEN
  kPoisoned,     ///< the database refuses the transaction for good: NEVER
  kDiesBefore,   ///< the host is gone before the commit
  kDiesAfter,    ///< the host is gone after the commit
};

/// Who decides what goes wrong, and who looks at what is committed.
class Fate {
 public:
  virtual ~Fate() = default;
  virtual Fault next_fault(int host, const Scope& scope) = 0;
  /// Whether they hold what the database refuses for good, where the scope did not show it.
  virtual bool is_poisoned(const Changes& changes) = 0;
  virtual bool is_dead(int host) const = 0;
  virtual void dies(int host) = 0;
  /// Other hosts may do something now: before the locks, while they are held, and between a list
  /// and what it is for.
  virtual void meanwhile(int host, const Scope* scope) = 0;
  virtual void waits_for_lock() = 0;
  virtual bool read_fails(int host) = 0;
  virtual void wrong(const std::string& what) = 0;
  virtual void committed(int host, Instant now, const Changes& changes) = 0;
  /// Whether one of the holds is there already: the host has taken its token for new.
  virtual bool met_a_known_token(const Changes& changes) = 0;
};

/// What all hosts share.
struct Database {
  std::unique_ptr<Storage> storage;
  std::set<std::string> locked{};
};

class Store final : public Storage {
 public:
  Store(Database& database, Fate& fate, int host) : database_(database), fate_(fate), host_(host) {}

  Result<std::int32_t> migrate() override { return database_.storage->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override;
  Result<Snapshot> read(const Scope& scope) override;
  Result<ListPage> list(const ListQuery& query) override;
  std::string describe() const override { return "memory, behind a bad network"; }

 private:
  Result<void> carry_out(const Scope& scope, const DecideFn& decide, Fault fault);

  Database& database_;
  Fate& fate_;
  const int host_;
};

}  // namespace holdfast::test::machine
