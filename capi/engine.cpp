// The engine and its operations: check, convert, ask, lay out the answer.
#include "holdfast/engine.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "check.hpp"
#include "convert.hpp"
#include "failure.hpp"
#include "handles.hpp"
#include "holdfast.h"
#include "result.hpp"

namespace holdfast::capi {
namespace {

// More than the largest queue is of no use; it keeps one drain's memory bounded.
constexpr std::size_t kDrainMax = 65536;

template <class Pointer>
void require(Pointer pointer, const char* name) {
  if (pointer == nullptr) throw Misuse{std::string(name) + ": NULL"};
}

// Nothing of the host's may throw into our threads.
template <class Call>
void call_host(Call call) noexcept {
  const CallbackScope inside;
  try {
    call();
  } catch (...) {
  }
}

LogFn wrap_log(holdfast_log_fn log, void* user_data) {
  if (log == nullptr) return {};
  return [log, user_data](LogLevel level, std::string_view line) {
    call_host([&] {
      log(user_data, static_cast<holdfast_log_level>(level), {line.data(), line.size()});
    });
  };
}

std::function<Instant()> wrap_clock(holdfast_clock_fn clock, void* user_data) {
  if (clock == nullptr) return {};
  return [clock, user_data] {
    holdfast_instant now = 0;
    call_host([&] { now = clock(user_data); });
    return Instant(std::chrono::microseconds(now));
  };
}

holdfast_options read_options(const holdfast_options* options) {
  require(options, "options");
  // The first two fields are the same in every version, the size is not.
  std::uint32_t head[2];
  if (struct_size(options) < sizeof head) throw Misuse{"options.struct_size: too small"};
  std::memcpy(head, options, sizeof head);
  if (head[1] != HOLDFAST_ABI_VERSION) {
    throw Misuse{"options.abi_version: the caller has " + std::to_string(head[1]) +
                 ", the library " + std::to_string(HOLDFAST_ABI_VERSION)};
  }
  return read_struct<holdfast_options>("options", options);
}

Result<void> open(const holdfast_options* given, holdfast_engine* engine_out) {
  require(engine_out, "engine_out");
  *engine_out = 0;
  const holdfast_options options = read_options(given);
  Check check;
  const std::string uri = check.text("uri", options.uri);
  EngineOptions converted = convert_options(options, check);
  converted.log = wrap_log(options.log, options.log_user_data);
  converted.clock = wrap_clock(options.clock, options.clock_user_data);
  Result<std::unique_ptr<Engine>> engine = Engine::open(uri, std::move(converted));
  if (!engine.ok()) return std::move(engine.error());
  const Result<holdfast_engine> handle = add_engine(std::move(*engine));
  if (!handle.ok()) return handle.error();
  *engine_out = *handle;
  return {};
}

// NULL stands for a request of zeros where every field may be left out.
template <class Request>
inline constexpr bool kMayBeNull = std::is_same_v<Request, holdfast_migrate_request> ||
                                   std::is_same_v<Request, holdfast_verify_request> ||
                                   std::is_same_v<Request, holdfast_metrics_request> ||
                                   std::is_same_v<Request, holdfast_cleanup_expired_holds_request>;

template <class Request>
holdfast::Request read_request(const Request* request) {
  Check check;
  if constexpr (kMayBeNull<Request>) {
    if (request == nullptr) return convert(Request{}, check);
  }
  require(request, "request");
  return convert(read_struct<Request>("request", request), check);
}

// Asks the engine and lays out its answer. What is thrown here came after the question was put, so
// for the caller the outcome is unknown.
template <class Ask>
Result<holdfast_result*> answer(Ask ask) {
  Status status = Status::kInternal;
  try {
    Reply<Value> reply = ask();
    if (!reply.ok()) return std::move(reply.error());
    return new holdfast_result(std::move(*reply));
  } catch (const std::bad_alloc&) {
    status = Status::kNoMemory;
  } catch (...) {
  }
  return Error{status, Retry::kSameToken, "the answer was lost on its way"};
}

template <class Request>
holdfast_status call(holdfast_engine handle, const Request* request, holdfast_result** result_out,
                     holdfast_error* error) noexcept {
  return guarded(error, [&]() -> Result<void> {
    require(result_out, "result_out");
    *result_out = nullptr;
    const Result<EngineRef> engine = find_engine(handle);
    if (!engine.ok()) return engine.error();
    holdfast::Request converted = read_request(request);
    const Result<holdfast_result*> result =
        answer([&] { return (*engine)->execute(std::move(converted)); });
    if (!result.ok()) return result.error();
    *result_out = *result;
    return {};
  });
}

template <class Request>
holdfast_status submit(holdfast_engine handle, const Request* request, std::uint64_t tag,
                       holdfast_error* error) noexcept {
  return guarded(error, [&]() -> Result<void> {
    const Result<EngineRef> engine = find_engine(handle);
    if (!engine.ok()) return engine.error();
    return (*engine)->submit(read_request(request), tag);
  });
}

void complete(Completion& from, holdfast_completion& to) noexcept {
  to.tag = from.tag;
  to.result = nullptr;
  to.error.struct_size = sizeof(holdfast_error);
  guarded(&to.error, [&]() -> Result<void> {
    const Result<holdfast_result*> result = answer([&] { return std::move(from.reply); });
    if (!result.ok()) return result.error();
    to.result = *result;
    return {};
  });
}

Result<void> drain(holdfast_engine handle, holdfast_completion* completions_out, std::size_t max,
                   std::size_t* count_out) {
  require(count_out, "count_out");
  *count_out = 0;
  const Result<EngineRef> engine = find_engine(handle);
  if (!engine.ok()) return engine.error();
  if (max == 0) return {};
  require(completions_out, "completions_out");
  std::vector<Completion> completions = (*engine)->drain(std::min(max, kDrainMax));
  for (std::size_t i = 0; i < completions.size(); ++i) {
    complete(completions[i], completions_out[i]);
  }
  *count_out = completions.size();
  return {};
}

Result<void> set_wakeup(holdfast_engine handle, holdfast_wakeup_fn wakeup, void* user_data) {
  const Result<EngineRef> engine = find_engine(handle);
  if (!engine.ok()) return engine.error();
  if (wakeup == nullptr) {
    (*engine)->set_wakeup({});
  } else {
    (*engine)->set_wakeup([wakeup, user_data] { call_host([&] { wakeup(user_data); }); });
  }
  return {};
}

Result<void> stop(holdfast_engine handle) {
  const Result<EngineRef> engine = find_engine(handle);
  if (!engine.ok()) return engine.error();
  (*engine)->close();
  return {};
}

}  // namespace
}  // namespace holdfast::capi

namespace capi = holdfast::capi;

holdfast_status holdfast_open(const holdfast_options* options, holdfast_engine* engine_out,
                              holdfast_error* error) noexcept {
  return capi::guarded(error, [&] { return capi::open(options, engine_out); });
}

holdfast_status holdfast_stop(holdfast_engine engine, holdfast_error* error) noexcept {
  return capi::guarded(error, [&] { return capi::stop(engine); });
}

holdfast_status holdfast_close(holdfast_engine engine, holdfast_error* error) noexcept {
  return capi::guarded(error, [&] { return capi::close_engine(engine); });
}

holdfast_status holdfast_set_wakeup(holdfast_engine engine, holdfast_wakeup_fn wakeup,
                                    void* user_data, holdfast_error* error) noexcept {
  return capi::guarded(error, [&] { return capi::set_wakeup(engine, wakeup, user_data); });
}

holdfast_status holdfast_drain(holdfast_engine engine, holdfast_completion* completions_out,
                               size_t max, size_t* count_out, holdfast_error* error) noexcept {
  return capi::guarded(error, [&] { return capi::drain(engine, completions_out, max, count_out); });
}

// Both forms of one operation.
#define HOLDFAST_OPERATION(name)                                                                   \
  holdfast_status holdfast_##name(holdfast_engine engine,                                          \
                                  const holdfast_##name##_request* request,                        \
                                  holdfast_result** result_out, holdfast_error* error) noexcept {  \
    return capi::call(engine, request, result_out, error);                                         \
  }                                                                                                \
  holdfast_status holdfast_##name##_submit(holdfast_engine engine,                                 \
                                           const holdfast_##name##_request* request, uint64_t tag, \
                                           holdfast_error* error) noexcept {                       \
    return capi::submit(engine, request, tag, error);                                              \
  }

HOLDFAST_OPERATION(create_resource)
HOLDFAST_OPERATION(update_resource)
HOLDFAST_OPERATION(retrieve_resource)
HOLDFAST_OPERATION(list_resources)
HOLDFAST_OPERATION(delete_resource)
HOLDFAST_OPERATION(restore_resource)
HOLDFAST_OPERATION(initialize_capacity)
HOLDFAST_OPERATION(adjust_capacity)
HOLDFAST_OPERATION(check_availability)
HOLDFAST_OPERATION(search_availability)
HOLDFAST_OPERATION(get_capacity_report)
HOLDFAST_OPERATION(create_hold)
HOLDFAST_OPERATION(create_holds)
HOLDFAST_OPERATION(extend_hold)
HOLDFAST_OPERATION(extend_holds)
HOLDFAST_OPERATION(confirm_hold)
HOLDFAST_OPERATION(confirm_holds)
HOLDFAST_OPERATION(release_hold)
HOLDFAST_OPERATION(release_holds)
HOLDFAST_OPERATION(retrieve_hold)
HOLDFAST_OPERATION(list_holds)
HOLDFAST_OPERATION(cleanup_expired_holds)
HOLDFAST_OPERATION(cancel_allocation)
HOLDFAST_OPERATION(move_hold)
HOLDFAST_OPERATION(move_allocation)
HOLDFAST_OPERATION(list_allocations)
HOLDFAST_OPERATION(create_blackout)
HOLDFAST_OPERATION(list_blackouts)
HOLDFAST_OPERATION(delete_blackout)
HOLDFAST_OPERATION(migrate)
HOLDFAST_OPERATION(verify)
HOLDFAST_OPERATION(metrics)
HOLDFAST_OPERATION(prune)

#undef HOLDFAST_OPERATION
