// Resources themselves.
#include <utility>

#include "core/ids.hpp"
#include "core/ladders.hpp"

namespace holdfast::core {

Verdict decide_one(Context& context, const Command& command, const CreateResource& r) {
  State& state = context.state;
  const Replay replay = find_replay(state, command, r.idempotency_token);
  // Which resource it was made for is nobody else's business, and the key is the token.
  if (replay.mismatch) return reject(Outcome::kIdempotencyMismatch, "");
  if (replay.record != nullptr) {
    // The row is under a key that could not be known before; the engine reads it.
    ResourceAnswer answer;
    answer.resource.id = replay.record->outcome;
    answer.replayed = true;
    return Value(std::move(answer));
  }
  Resource resource;
  resource.id = command.ids[0];
  resource.type = r.type;
  resource.name = r.name;
  resource.description = r.description;
  resource.metadata = r.metadata;
  resource.timezone = r.timezone;
  resource.is_active = r.is_active;
  resource.created_at = state.now();
  resource.updated_at = state.now();
  KeyState& key = state.key(resource.id);
  key.resource = resource;
  key.resource_fresh = true;
  key.deferred = true;  // its today is known to the next run only
  state.key(token_slot(r.idempotency_token))
      .commands.push_back(
          {{"create_resource", r.idempotency_token}, command.fingerprint, resource.id});
  return Value(ResourceAnswer{std::move(resource), false});
}

Verdict decide_one(Context& context, const Command& command, const UpdateResource& r) {
  State& state = context.state;
  KeyState& key = state.key(r.resource_id);
  const Replay replay = find_replay(state, command, r.idempotency_token);
  if (replay.mismatch) return *replay.mismatch;
  if (replay.record != nullptr) return Value(ResourceAnswer{*key.resource, true});
  if (auto missing = refuse_missing(key)) return std::move(*missing);
  Resource& resource = *key.resource;

  if (r.type) resource.type = *r.type;
  if (r.name) resource.name = *r.name;
  if (r.description) resource.description = *r.description;
  if (r.metadata) resource.metadata = *r.metadata;
  // Another zone may have another today, which the next run knows.
  if (r.timezone && *r.timezone != resource.timezone) key.deferred = true;
  if (r.timezone) resource.timezone = *r.timezone;
  if (r.is_active) resource.is_active = *r.is_active;
  resource.updated_at = state.now();
  key.resource_dirty = true;
  remember(state, command, r.idempotency_token, "");
  return Value(ResourceAnswer{resource, false});
}

namespace {

Verdict set_deleted(State& state, const std::string& id, bool deleted) {
  KeyState& key = state.key(id);
  if (!key.resource) return reject(Outcome::kResourceNotFound, id);
  Resource& resource = *key.resource;
  const bool replayed = resource.deleted_at.has_value() == deleted;
  if (!replayed) {
    resource.deleted_at = deleted ? std::optional(state.now()) : std::nullopt;
    resource.updated_at = state.now();
    key.resource_dirty = true;
  }
  return Value(ResourceAnswer{resource, replayed});
}

}  // namespace

Verdict decide_one(Context& context, const Command&, const DeleteResource& r) {
  return set_deleted(context.state, r.resource_id, true);
}

Verdict decide_one(Context& context, const Command&, const RestoreResource& r) {
  return set_deleted(context.state, r.resource_id, false);
}

}  // namespace holdfast::core
