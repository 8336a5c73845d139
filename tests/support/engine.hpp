// An Engine on a test's database.
#pragma once

#include <memory>
#include <utility>

#include "holdfast/engine.hpp"
#include "support/database.hpp"

namespace holdfast::test {

/// Migrated. Through the uri, as a host opens it.
inline std::unique_ptr<Engine> open_engine(const Database& database, EngineOptions options = {}) {
  auto engine = must(Engine::open(database.uri(), std::move(options)));
  [[maybe_unused]] const auto migrated = must(engine->migrate());
  return engine;
}

/// Migrated, on a backend with a safety taken out.
inline std::unique_ptr<Engine> open_engine(const Database& database, EngineOptions options,
                                           Seams seams) {
  const StorageOptions storage{.lock_timeout = options.lock_timeout,
                               .connections_max = options.lanes + options.readers,
                               .log = options.log,
                               .clock = options.clock};
  auto engine = must(Engine::open(database.open(storage, seams), std::move(options)));
  [[maybe_unused]] const auto migrated = must(engine->migrate());
  return engine;
}

}  // namespace holdfast::test
