// Hosts in processes of their own, each with a ledger of what it asked for and what it was told;
// and the audit that compares the ledgers with the database afterwards.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "backends/process.hpp"
#include "holdfast/engine.hpp"

namespace holdfast::test {

/// Books, confirms, releases and cancels without a pause until it is stopped or killed. A failure
/// that allows it is tried again with the same token, so a host that stops by itself is in no
/// doubt.
class Host {
 public:
  /// `name`: unique in the campaign; its tokens begin with it. `ledger`: a fresh file.
  Host(const std::string& name, const std::string& uri, const std::string& resource,
       const std::string& ledger, std::vector<std::string> environment = {});

  const std::string& ledger() const { return ledger_; }
  /// Until it has been told `more` answers than now. Throws when that takes too long.
  void wait_for(std::size_t more, std::chrono::seconds at_most = std::chrono::seconds(60));
  void kill();
  /// Throws when it does not end well.
  void stop();

 private:
  std::size_t answers() const;

  std::string ledger_;
  std::unique_ptr<Process> process_;
};

struct Audit {
  int acknowledged = 0;  ///< answers in the ledgers
  int in_doubt = 0;      ///< asked, never answered
  int in_doubt_done = 0;
  std::vector<std::string> lost{};   ///< acknowledged, and not in the database
  std::vector<std::string> wrong{};  ///< anything else that must not be
};

/// REQUIRES: no host is at work on `resource`, and nobody else ever was.
Audit audit(Engine& engine, const std::string& resource, const std::vector<std::string>& ledgers);

}  // namespace holdfast::test
