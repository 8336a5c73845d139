// Every operation with a scene of its own, and what the tables say of that scene.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backends/cluster.hpp"
#include "backends/shop.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::test {

/// What an operation acts on; nothing of it is shared with another scene.
struct Scene {
  std::string label{};  ///< names what create_resource makes
  std::string token{};
  std::vector<std::string> resources{};
  std::string hold{};
  std::string allocation{};
  std::string blackout{};
};

/// What a caller was told.
struct Told {
  bool done = false;
  Retry retry = Retry::kNever;  ///< of a failure; a refusal has kNever
  std::string text{};
};

template <class T>
Told told(const Reply<T>& reply) {
  if (!reply.ok()) return {false, reply.error().retry, describe(reply.error())};
  if (!reply->accepted()) return {.text = name(reply->outcome())};
  return {.done = true};
}

enum class Needs {
  kNothing,
  kResource,
  kTwoResources,
  kDeleted,
  kHold,
  kDueHold,
  kBooking,
  kClosed
};

struct Operation {
  const char* name;
  Needs needs;
  bool writes;
  std::function<Request(const Scene&)> request;

  Told ask(Engine& engine, const Scene& scene) const {
    return told(engine.execute(request(scene)));
  }
};

/// Every operation of the interface that talks to the database, but open and migrate.
const std::vector<Operation>& operations();

/// Makes what the operation needs. `number`: of this scene, unique in the database.
Scene prepare(Engine& engine, Needs needs, int number);

/// What PostgreSQL's tables hold of a scene, without ids and times, so that two scenes in the same
/// state read alike.
class SceneTables {
 public:
  explicit SceneTables(Sql& sql);
  /// Waits for whoever still has the scene locked.
  std::string of(const Scene& scene);

 private:
  Sql& sql_;
};
/// The same for any backend, with ended holds left out.
std::string rows(Storage& storage, const Scene& scene);

/// An operation that something was done to, asked again, and the scene's rows meanwhile.
struct Trial {
  std::string before{};
  Told first{};
  std::string between{};
  Told second{};
  std::string end{};
};

/// Where what was told and what the rows say differ; empty: nowhere. `after`: the rows of a scene
/// that the operation was done to once.
std::string contradiction(const Operation& operation, const Trial& trial, const std::string& after);

}  // namespace holdfast::test
