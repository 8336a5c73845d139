// A host that does everything it must not: any sequence of calls with any arguments, on engines
// that are open, stopped, closed or never were, from its own callbacks and from two threads.
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capi/operations.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/requests.hpp"
#include "holdfast.h"

namespace holdfast::test::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEngines = 3;
constexpr int kCallsMax = 48;

std::string database() {
  return (fs::temp_directory_path() / ("holdfast-calls-" + std::to_string(getpid()) + ".db"))
      .string();
}

void remove_database() {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(database() + suffix);
}

/// What the host and its callbacks share.
struct Host {
  std::array<std::atomic<holdfast_engine>, kEngines> engines{};
  std::array<std::atomic<std::int64_t>, kEngines> pending{};  ///< submitted, not yet drained
  std::atomic<holdfast_instant> now{kStart};
  std::atomic<bool> alone{true};  ///< with two threads, whose engine is pending what is not known
  std::mutex mutex;
  std::vector<std::string> ids;

  std::vector<std::string> known() {
    const std::lock_guard lock(mutex);
    return ids;
  }
  void learn(holdfast_str id) {
    const std::lock_guard lock(mutex);
    if (ids.size() < 64) ids.emplace_back(id.data, id.size);
  }
};

// ---- callbacks
// -----------------------------------------------------------------------------------

// Calls back, which is refused at once: in particular it does not wait for itself.
void call_back(void* user_data) {
  for (const auto& engine : static_cast<Host*>(user_data)->engines) {
    std::size_t count = 77;
    holdfast_completion completion;
    const holdfast_status status = holdfast_drain(engine, &completion, 1, &count, nullptr);
    promise(status == HOLDFAST_STATUS_MISUSE, "a callback may not call the library");
    promise(count == 0, "0 on failure");
  }
}
void on_log(void* user_data, holdfast_log_level, holdfast_str line) {
  promise(std::string_view(line.data, line.size).find('\n') == std::string_view::npos, "one line");
  call_back(user_data);
}
holdfast_instant on_clock(void* user_data) { return static_cast<Host*>(user_data)->now; }

// ---- answers
// -------------------------------------------------------------------------------------

std::size_t weight(holdfast_str text) {
  promise(text.data != nullptr, "a string has a pointer even when it is empty");
  std::size_t sum = 0;
  for (std::size_t i = 0; i < text.size; ++i) sum += static_cast<unsigned char>(text.data[i]);
  return sum;
}

template <class... Texts>
void look_at(const Texts&... texts) {
  (weight(texts), ...);
}

template <class Row, class Visit>
void each(const Row* (*get)(const holdfast_result*, std::size_t*), const holdfast_result* result,
          Visit visit) {
  std::size_t count = 77;
  const Row* rows = get(result, &count);
  promise((rows == nullptr) == (count == 0), "rows or none");
  for (std::size_t i = 0; i < count; ++i) visit(rows[i]);
}

void read_rows(Host& host, const holdfast_result* result) {
  each(holdfast_result_resources, result, [&](const holdfast_resource& row) {
    look_at(row.id, row.type, row.name, row.description, row.metadata, row.timezone);
    host.learn(row.id);
  });
  each(holdfast_result_capacities, result, [](const holdfast_capacity& row) {
    look_at(row.id, row.resource_id);
    promise(row.available_capacity >= 0 && row.available_capacity <= row.max_capacity, "in range");
  });
  each(holdfast_result_holds, result, [&](const holdfast_hold& row) {
    look_at(row.id, row.resource_id, row.customer_email, row.holder, row.idempotency_token);
    promise(row.dates_count > 0 && row.dates[0] <= row.dates[row.dates_count - 1], "has days");
    host.learn(row.id);
  });
  each(holdfast_result_allocations, result, [&](const holdfast_allocation& row) {
    look_at(row.id, row.resource_id, row.hold_id, row.order_id, row.line_item_id);
    promise(row.dates_count > 0 && row.dates[0] <= row.dates[row.dates_count - 1], "has days");
    host.learn(row.id);
  });
  each(holdfast_result_blackouts, result, [&](const holdfast_blackout& row) {
    look_at(row.id, row.resource_id, row.reason);
    host.learn(row.id);
  });
  each(holdfast_result_violations, result, [](const holdfast_violation& row) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(row.detail.size), row.detail.data);
    promise(false, "the tables are sound");
  });
}

void read(Host& host, const holdfast_result* result) {
  const holdfast_outcome outcome = holdfast_result_outcome(result);
  promise(outcome >= 0 && outcome <= HOLDFAST_OUTCOME_BLACKOUT_CONFLICT, "an outcome that is one");
  const holdfast_rejection* rejection = holdfast_result_rejection(result);
  promise((rejection == nullptr) == (outcome == HOLDFAST_OUTCOME_ACCEPTED), "why not, or nothing");
  if (rejection != nullptr) look_at(rejection->field, rejection->message, rejection->id);
  look_at(holdfast_result_group_id(result), holdfast_result_next(result),
          holdfast_result_prometheus(result));
  read_rows(host, result);
  each(holdfast_result_availabilities, result, [](const holdfast_availability& row) {
    look_at(row.resource_id);
    for (std::size_t i = 0; i < row.days_count; ++i) {
      promise(row.days[i].is_available == (row.days[i].reason == 0), "a reason, or available");
    }
  });
  each(holdfast_result_reports, result, [](const holdfast_report& row) {
    look_at(row.resource_id);
    for (std::size_t i = 0; i < row.days_count; ++i) {
      const holdfast_report_day& day = row.days[i];
      promise(day.max_capacity == day.available_capacity + day.held + day.booked, "conserved");
    }
  });
  each(holdfast_result_conflicts, result,
       [](const holdfast_day_conflict& row) { look_at(row.resource_id); });
}

void check(holdfast_status status) {
  promise(status >= HOLDFAST_STATUS_OK && status <= HOLDFAST_STATUS_INTERNAL, "a status");
  promise(status != HOLDFAST_STATUS_INTERNAL, "no defect shows");
  promise(status != HOLDFAST_STATUS_INVARIANT, "no CHECK is hit");
  promise(status != HOLDFAST_STATUS_NO_MEMORY, "no size is believed");
  promise(status != HOLDFAST_STATUS_UNKNOWN, "nothing is lost here");
}

void check(holdfast_status status, const holdfast_error& error) {
  check(status);
  promise(error.status == status, "the status is in the error too");
  promise(std::memchr(error.message, 0, sizeof error.message) != nullptr, "a message ends");
  promise((error.message[0] == 0) == (status == HOLDFAST_STATUS_OK), "words for a failure");
  if (status == HOLDFAST_STATUS_MISUSE) promise(error.retry == 0, "a misuse stays one");
}

// ---- calls
// ---------------------------------------------------------------------------------------

/// An error struct, none, or one of a wrong size, which is left alone.
class ErrorArgument {
 public:
  explicit ErrorArgument(std::uint8_t how) {
    error_.struct_size = how < 0xF0 ? sizeof error_ : how;
    given_ = how < 0xE0 || how >= 0xF0 ? &error_ : nullptr;
  }
  holdfast_error* get() { return given_; }
  void check(holdfast_status status) const {
    if (given_ == nullptr) return fuzz::check(status);
    if (error_.struct_size == sizeof error_) return fuzz::check(status, error_);
    promise(status == HOLDFAST_STATUS_MISUSE, "an error of a wrong size");
    promise(error_.status == 0 && error_.message[0] == 0, "and untouched");
  }

 private:
  holdfast_error error_{};
  holdfast_error* given_ = nullptr;
};

/// One thread of the host's.
class Caller {
 public:
  Caller(Host& host, Bytes bytes) : host_(host), bytes_(bytes) {}

  void run() {
    for (int i = 0; i < kCallsMax && !bytes_.done(); ++i) step();
  }

 private:
  template <class Request>
  using Call = holdfast_status (*)(holdfast_engine, const Request*, holdfast_result**,
                                   holdfast_error*);
  template <class Request>
  using Submit = holdfast_status (*)(holdfast_engine, const Request*, std::uint64_t,
                                     holdfast_error*);

  void step() {
    const std::uint8_t what = bytes_.byte();
#define HOLDFAST_CHOOSE(name)                                                          \
  if (what == kIndex_##name) {                                                         \
    return call<holdfast_##name##_request>(holdfast_##name, holdfast_##name##_submit); \
  }
#define HOLDFAST_INDEX(name) kIndex_##name,
    enum : std::uint8_t { HOLDFAST_EACH_OPERATION(HOLDFAST_INDEX) kOperations };
    HOLDFAST_EACH_OPERATION(HOLDFAST_CHOOSE)
#undef HOLDFAST_CHOOSE
#undef HOLDFAST_INDEX
    switch ((what - kOperations) % 8) {
      case 0:
        return open();
      case 1:
        return close();
      case 2:
        return check(holdfast_stop(handle(), nullptr));
      case 3:
        return drain();
      case 4:
        return set_wakeup();
      case 5:
        return move_clock();
      case 6:
        return both();
      default:
        return names();
    }
  }

  // One of ours mostly; and 0, a number that was one, one that never was.
  std::size_t slot() { return bytes_.below(kEngines); }
  holdfast_engine handle() {
    const std::uint8_t how = bytes_.byte();
    slot_ = how % kEngines;
    if (how >= 0xF8) slot_ = kEngines;
    if (how >= 0xFC) return 0;
    return how < 0xF8 ? host_.engines[slot_].load() : bytes_.number<std::uint64_t>();
  }

  void open() {
    const std::vector<std::string> ids;
    Writer writer(bytes_, ids);
    const std::string file = "sqlite:" + database();
    struct {
      holdfast_options options;
      char more[4096];  // a size may claim so much
    } room{};
    holdfast_options& options = room.options;
    options.struct_size = sizeof options;
    options.abi_version = HOLDFAST_ABI_VERSION;
    const std::uint8_t how = bytes_.byte();
    options.uri = HOLDFAST_STR("memory:");
    if (how % 8 == 1) options.uri = HOLDFAST_STR("sqlite::memory:");
    if (how % 8 == 2) options.uri = {file.data(), file.size()};
    if (how % 8 == 3) options.uri = address(writer);
    options.timezone = HOLDFAST_STR("UTC");
    options.lanes = 1;
    options.readers = 1;
    options.retry_timeout_ms = 20;
    options.lock_timeout_ms = 20;
    options.clock = on_clock;
    options.clock_user_data = &host_;
    if (how >= 0x80) options.log = on_log;
    options.log_user_data = &host_;
    if (how >= 0xC0) {
      writer.put(options.hold_ttl_ms, options.max_hold_lifetime_ms, options.queue_max);
      writer.put(options.timezone, options.reserved);
      if (how >= 0xE0) writer.put(options.lanes, options.readers);
      if (how >= 0xE8) writer.put(options.retry_timeout_ms, options.lock_timeout_ms);
      if (how >= 0xF0) writer.put(options.struct_size, options.abi_version);
    }
    holdfast_engine engine = 77;
    const holdfast_status status = holdfast_open(&options, &engine, nullptr);
    check(status);
    promise((engine != 0) == (status == HOLDFAST_STATUS_OK), "an engine, or 0");
    if (engine == 0) return;
    replace(slot(), engine);
    holdfast_result* result = nullptr;
    check(holdfast_migrate(engine, nullptr, &result, nullptr));
    holdfast_result_free(result);
  }

  // Any text but one that names a file or a server, which could be anybody's.
  static holdfast_str address(Writer& writer) {
    const holdfast_str text = writer.text();
    const bool names = text.size < 100 && text.data != nullptr &&
                       std::string_view(text.data, text.size).find(':') != std::string_view::npos;
    return names ? HOLDFAST_STR("memory:") : text;
  }

  void replace(std::size_t at, holdfast_engine engine) {
    const holdfast_engine before = host_.engines[at].exchange(engine);
    host_.pending[at] = 0;
    check(holdfast_close(before, nullptr));
  }

  void close() {
    const holdfast_engine engine = handle();
    const holdfast_status status = holdfast_close(engine, nullptr);
    check(status);
    promise(holdfast_close(engine, nullptr) == status, "closed again: the same");
    if (slot_ < kEngines) host_.pending[slot_] = 0;
  }

  void drain() {
    holdfast_completion completions[4];
    const std::uint8_t how = bytes_.byte();
    const std::size_t max = how % 5;
    std::size_t count = 77;
    const holdfast_engine engine = handle();
    const std::size_t at = slot_;
    ErrorArgument error(bytes_.byte());
    const holdfast_status status = holdfast_drain(engine, how >= 0xF0 ? nullptr : completions, max,
                                                  how >= 0xF8 ? nullptr : &count, error.get());
    error.check(status);
    if (how >= 0xF8) return;
    if (status != HOLDFAST_STATUS_OK) return;
    promise(count <= max, "no more than asked for");
    for (std::size_t i = 0; i < count; ++i) take(completions[i]);
    if (at < kEngines) host_.pending[at] -= static_cast<std::int64_t>(count);
  }

  void take(const holdfast_completion& completion) {
    check(completion.error.status, completion.error);
    promise((completion.result != nullptr) == (completion.error.status == 0), "a result, or why");
    if (completion.result != nullptr) read(host_, completion.result);
    holdfast_result_free(completion.result);
  }

  void set_wakeup() {
    const holdfast_wakeup_fn wakeup = bytes_.flag() ? nullptr : call_back;
    check(holdfast_set_wakeup(handle(), wakeup, &host_, nullptr));
  }

  void move_clock() {
    const std::uint8_t how = bytes_.byte();
    if (how < 0x80) {
      host_.now += how * holdfast_instant{600'000'000};
    } else {
      host_.now = how < 0xC0 ? kStart : bytes_.number<std::int64_t>();
    }
  }

  // The rest of the bytes by two threads at once.
  void both() {
    if (is_second_) return;
    Caller second(host_, Bytes(bytes_.text(bytes_.byte())));
    second.is_second_ = true;
    host_.alone = false;
    std::thread thread([&second] { second.run(); });
    is_second_ = true;
    run();
    thread.join();
  }

  void names() {
    const auto value = bytes_.number<std::int32_t>();
    for (const char* name :
         {holdfast_status_name(value), holdfast_retry_name(value), holdfast_outcome_name(value),
          holdfast_hold_status_name(value), holdfast_allocation_status_name(value),
          holdfast_unavailable_name(value)}) {
      promise(name != nullptr, "every value has a name");
    }
  }

  template <class Request>
  void call(Call<Request> wait, Submit<Request> submit) {
    const holdfast_engine engine = handle();
    const std::size_t at = slot_;
    const std::uint8_t how = bytes_.byte();
    const std::vector<std::string> ids = host_.known();
    Writer writer(bytes_, ids);
    Request request{};
    fill(writer, request);
    const auto given = envelope(request, how);
    const auto* const from = how >= 0xFE ? nullptr : reinterpret_cast<const Request*>(given.get());
    ErrorArgument error(bytes_.byte());
    if (how % 2 == 1) {
      const holdfast_status status = submit(engine, from, bytes_.byte(), error.get());
      error.check(status);
      if (status == HOLDFAST_STATUS_OK && at < kEngines) ++host_.pending[at];
      return;
    }
    auto* result = reinterpret_cast<holdfast_result*>(&error);
    const bool nowhere = how >= 0xF8 && how < 0xFC;
    const holdfast_status status = wait(engine, from, nowhere ? nullptr : &result, error.get());
    error.check(status);
    if (nowhere) return;
    if (status == HOLDFAST_STATUS_OK) return answered(result);
    const bool untouched = result == reinterpret_cast<holdfast_result*>(&error);
    promise(result == nullptr || untouched, "no result on failure");
  }

  void answered(holdfast_result* result) {
    promise(result != nullptr, "a result");
    read(host_, result);
    holdfast_result_free(result);
  }

  // The request in a block of exactly the size that it says it has; what is beyond ours is 0, or
  // not.
  template <class Request>
  std::unique_ptr<char[]> envelope(Request& request, std::uint8_t how) {
    std::uint32_t size = sizeof request;
    if (how >= 0xE0 && how < 0xF8)
      size = how < 0xEC ? bytes_.byte() : bytes_.number<std::uint32_t>();
    request.struct_size = size;
    const std::size_t room = size > 4096 ? sizeof request : std::max<std::size_t>(size, 4);
    std::unique_ptr<char[]> out(new char[room]());
    std::memcpy(out.get(), &request, std::min(room, sizeof request));
    if (room > sizeof request && how % 4 >= 2) out[room - 1] = 1;
    return out;
  }

  Host& host_;
  Bytes bytes_;
  std::size_t slot_ = kEngines;
  bool is_second_ = false;
};

// ---- the end
// -------------------------------------------------------------------------------------

// What was promised of every submit, and of the tables.
void finish(Host& host, std::size_t at) {
  const holdfast_engine engine = host.engines[at];
  holdfast_result* result = nullptr;
  if (holdfast_verify(engine, nullptr, &result, nullptr) == HOLDFAST_STATUS_OK) {
    read(host, result);
  }
  holdfast_result_free(result);
  if (holdfast_stop(engine, nullptr) != HOLDFAST_STATUS_OK) return;
  std::int64_t drained = 0;
  for (std::size_t count = 1; count > 0;) {
    holdfast_completion completion;
    promise(holdfast_drain(engine, &completion, 1, &count, nullptr) == 0, "a stopped one drains");
    if (count > 0) holdfast_result_free(completion.result);
    drained += static_cast<std::int64_t>(count);
  }
  promise(!host.alone || drained == host.pending[at], "each submit is answered once");
  check(holdfast_close(engine, nullptr));
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  remove_database();
  Host host;
  Caller(host, Bytes(data, size)).run();
  for (std::size_t at = 0; at < kEngines; ++at) finish(host, at);
  for (const auto& engine : host.engines) holdfast_close(engine, nullptr);
  remove_database();
  return 0;
}
