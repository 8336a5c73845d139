// The addon of one environment: what lib/native.js calls, and how answers reach it.
//
// Everything here runs on the environment's thread. Nothing is global: each environment (the main
// thread, every worker) has an Addon of its own.
#include <node_api.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "answer.hpp"
#include "engine.hpp"
#include "holdfast.h"
#include "mailbox.hpp"
#include "operations.hpp"
#include "request.hpp"

namespace holdfast::node {
namespace {

// A tag is a call's number and, below it, the place of its operation.
constexpr unsigned kOperationBits = 6;
constexpr std::size_t kDrainMax = 128;
constexpr std::size_t kArgumentsMax = 16;

// An end of the process or of a worker waits so long for what a database has begun, no longer.
constexpr std::chrono::seconds kTeardownMax{5};

using EngineRef = std::shared_ptr<Engine>;
using ClockRef = std::shared_ptr<Clock>;

// Raw Node-API: its calls fail quietly in an environment that is being terminated, also on the
// empty values that earlier ones left, where a wrapper that throws has to end the process.

template <class T>
void let_go(napi_env, void* data, void*) {
  delete static_cast<std::shared_ptr<T>*>(data);
}

template <class T>
std::shared_ptr<T>* held(napi_env env, napi_value value) {
  void* data = nullptr;
  napi_get_value_external(env, value, &data);
  return static_cast<std::shared_ptr<T>*>(data);
}

/// What a function of the addon was called with; what was not given is empty.
struct Call {
  Call(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, arguments.data(), nullptr, &data);
    addon = static_cast<class Addon*>(data);
  }
  std::array<napi_value, kArgumentsMax> arguments{};
  std::size_t count = kArgumentsMax;
  class Addon* addon = nullptr;
};

class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { napi_open_handle_scope(env, &scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;
  ~HandleScope() {
    if (scope_ != nullptr) napi_close_handle_scope(env_, scope_);
  }

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

class Addon {
 public:
  /// Fills `exports`. The environment owns what it returns, through its instance data.
  static void start(napi_env env, napi_value exports);

  Addon(const Addon&) = delete;
  Addon& operator=(const Addon&) = delete;
  ~Addon() { tear_down(); }

 private:
  struct Opened {
    EngineRef engine;
    bool reported_open = false;
    bool counted = true;  ///< as an open or close that somebody awaits
  };

  explicit Addon(napi_env env);

  static napi_value connect(napi_env env, napi_callback_info info);
  static napi_value open(napi_env env, napi_callback_info info);
  static napi_value close(napi_env env, napi_callback_info info);
  static napi_value submit(napi_env env, napi_callback_info info);
  static void look(napi_env env, napi_value, void* context, void*);
  static napi_value look_again(napi_env env, napi_callback_info info);

  void settle_all(napi_env env, Engine& engine);
  bool settle(AnswerWriter& write, const holdfast_completion& completion);
  void report_all(napi_env env);
  bool report(napi_env env, Opened& opened);
  void deliver_log(napi_env env, Engine& engine);
  bool call(napi_env env, napi_ref function, std::initializer_list<napi_value> arguments);
  bool call(napi_env env, napi_ref function, std::span<const napi_value> arguments);
  void begin(std::size_t calls);
  void end(std::size_t calls);
  void tear_down();

  napi_env env_;
  napi_threadsafe_function function_ = nullptr;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<Opened> engines_;
  std::uint32_t next_id_ = 1;
  std::size_t pending_ = 0;  ///< calls that somebody awaits: while there are some, Node stays
  Makers makers_{};
  napi_ref accepted_ = nullptr;
  napi_ref refused_ = nullptr;
  napi_ref failed_ = nullptr;
  napi_ref opened_ = nullptr;
  napi_ref closed_ = nullptr;
  napi_ref logged_ = nullptr;
  napi_ref next_turn_ = nullptr;
  std::array<holdfast_completion, kDrainMax> completions_;
};

// ---- tables for lib/ ----------------------------------------------------------------------------

const char* kind_name(Kind kind) {
  constexpr std::array kNames = {"text",     "json", "integer", "count", "long",  "flag", "choice",
                                 "weekdays", "name", "day",     "days",  "texts", "items"};
  return kNames[static_cast<std::size_t>(kind)];
}

napi_value string(napi_env env, const std::string& text) {
  napi_value out = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &out);
  return out;
}

napi_value object(napi_env env) {
  napi_value out = nullptr;
  napi_create_object(env, &out);
  return out;
}

napi_value array(napi_env env, std::span<const napi_value> values) {
  napi_value out = nullptr;
  napi_create_array_with_length(env, values.size(), &out);
  for (std::uint32_t i = 0; i < values.size(); ++i) napi_set_element(env, out, i, values[i]);
  return out;
}

void set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

napi_value names(napi_env env, NameOf name_of) {
  std::vector<napi_value> out;
  for (std::int32_t value = 0;; ++value) {
    const std::string name = name_of(value);
    if (name.starts_with("UNKNOWN_")) return array(env, out);
    out.push_back(string(env, name));
  }
}

napi_value describe(napi_env env, std::span<const Field> fields) {
  std::vector<napi_value> out;
  for (const Field& field : fields) {
    napi_value required = nullptr;
    napi_get_boolean(env, field.required, &required);
    out.push_back(object(env));
    set(env, out.back(), "name", string(env, camel_case(field.name)));
    set(env, out.back(), "kind", string(env, kind_name(field.kind)));
    set(env, out.back(), "required", required);
    if (field.names != nullptr) set(env, out.back(), "names", names(env, field.names));
  }
  return array(env, out);
}

napi_value describe_operations(napi_env env) {
  std::vector<napi_value> out;
  for (const Operation& operation : operations()) {
    out.push_back(object(env));
    set(env, out.back(), "name", string(env, camel_case(operation.name)));
    set(env, out.back(), "fields", describe(env, operation.fields));
  }
  return array(env, out);
}

// ---- clocks -------------------------------------------------------------------------------------

napi_value make_clock(napi_env env, napi_callback_info info) {
  const Call given(env, info);
  std::int64_t now = 0;
  napi_get_value_int64(env, given.arguments[0], &now);
  auto clock = std::make_unique<ClockRef>(std::make_shared<Clock>(now));
  napi_value out = nullptr;
  if (napi_create_external(env, clock.get(), let_go<Clock>, nullptr, &out) == napi_ok) {
    clock.release();
  }
  return out;
}

napi_value set_clock(napi_env env, napi_callback_info info) {
  const Call given(env, info);
  std::int64_t now = 0;
  napi_get_value_int64(env, given.arguments[1], &now);
  if (const ClockRef* clock = held<Clock>(env, given.arguments[0])) (*clock)->store(now);
  return nullptr;
}

// ---- an environment -----------------------------------------------------------------------------

Addon::Addon(napi_env env) : env_(env) {
  napi_create_threadsafe_function(env, nullptr, nullptr, string(env, "holdfast"), 0, 1, nullptr,
                                  nullptr, this, look, &function_);
  if (function_ != nullptr) napi_unref_threadsafe_function(env, function_);
  mailbox_ = std::make_shared<Mailbox>(function_);
}

void Addon::start(napi_env env, napi_value exports) {
  static_assert(std::size_t{1} << kOperationBits >= 34);
  auto* const self = new Addon(env);
  if (napi_set_instance_data(
          env, self, [](napi_env, void* data, void*) { delete static_cast<Addon*>(data); },
          nullptr) != napi_ok) {
    delete self;
    return;
  }
  // After the thread-safe function, whose own hook so comes later: hooks run in reverse.
  napi_add_env_cleanup_hook(
      env, [](void* data) { static_cast<Addon*>(data)->tear_down(); }, self);
  const auto function = [&](const char* name, napi_callback callback) {
    napi_value out = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, self, &out);
    set(env, exports, name, out);
  };
  function("connect", connect);
  function("open", open);
  function("close", close);
  function("submit", submit);
  function("lookAgain", look_again);
  function("makeClock", make_clock);
  function("setClock", set_clock);
  set(env, exports, "operations", describe_operations(env));
  set(env, exports, "itemFields", describe(env, item_fields()));
  set(env, exports, "optionFields", describe(env, option_fields()));
  set(env, exports, "version", string(env, holdfast_version_string()));
  set(env, exports, "statuses", names(env, holdfast_status_name));
  set(env, exports, "retries", names(env, holdfast_retry_name));
  set(env, exports, "outcomes", names(env, holdfast_outcome_name));
  set(env, exports, "holdStatuses", names(env, holdfast_hold_status_name));
  set(env, exports, "allocationStatuses", names(env, holdfast_allocation_status_name));
  set(env, exports, "unavailables", names(env, holdfast_unavailable_name));
}

// The functions of lib/ that answers are handed to.
napi_value Addon::connect(napi_env env, napi_callback_info info) {
  const Call given(env, info);
  Addon& self = *given.addon;
  const auto keep = [&](const char* name, napi_ref& to) {
    napi_value function = nullptr;
    napi_get_named_property(env, given.arguments[0], name, &function);
    napi_create_reference(env, function, 1, &to);
  };
  for (std::size_t i = 0; i < self.makers_.size(); ++i) keep(kMakerNames[i], self.makers_[i]);
  keep("accepted", self.accepted_);
  keep("refused", self.refused_);
  keep("failed", self.failed_);
  keep("opened", self.opened_);
  keep("closed", self.closed_);
  keep("logged", self.logged_);
  keep("nextTurn", self.next_turn_);
  return nullptr;
}

void Addon::begin(std::size_t calls) {
  if (pending_ == 0 && calls > 0) napi_ref_threadsafe_function(env_, function_);
  pending_ += calls;
}

void Addon::end(std::size_t calls) {
  pending_ -= std::min(calls, pending_);
  if (pending_ == 0) napi_unref_threadsafe_function(env_, function_);
}

void Addon::tear_down() {
  if (mailbox_ == nullptr) return;
  mailbox_->close();
  mailbox_ = nullptr;
  const auto deadline = std::chrono::steady_clock::now() + kTeardownMax;
  for (const Opened& opened : engines_) opened.engine->start_close();
  for (const Opened& opened : engines_) opened.engine->finish(deadline);
  engines_.clear();
}

// ---- calls --------------------------------------------------------------------------------------

// open(values of option_fields(), wants a log, clock or undefined) -> [engine, its number]
napi_value Addon::open(napi_env env, napi_callback_info info) {
  const Call given(env, info);
  Addon& self = *given.addon;
  const std::span<const Field> fields = option_fields();
  std::array<napi_value, kArgumentsMax> values{};
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    napi_get_element(env, given.arguments[0], i, &values[i]);
  }
  holdfast_options options{};
  options.struct_size = sizeof options;
  options.abi_version = HOLDFAST_ABI_VERSION;
  RequestReader reader(env);
  if (!reader.read(fields, {values.data(), fields.size()},
                   reinterpret_cast<std::byte*>(&options))) {
    return nullptr;
  }
  bool wants_log = false;
  napi_get_value_bool(env, given.arguments[1], &wants_log);
  const ClockRef* const clock = held<Clock>(env, given.arguments[2]);
  auto engine = std::make_unique<EngineRef>(std::make_shared<Engine>(
      self.next_id_++, self.mailbox_, clock == nullptr ? nullptr : *clock));
  const EngineRef opened = *engine;
  // When nobody can reach the engine any more it is closed, off this thread.
  const auto finalize = [](napi_env, void* data, void*) {
    const std::unique_ptr<EngineRef> last(static_cast<EngineRef*>(data));
    (*last)->start_close();
  };
  std::array<napi_value, 2> out{};
  if (napi_create_external(env, engine.get(), finalize, nullptr, &out[0]) != napi_ok) {
    return nullptr;
  }
  engine.release();
  if (!opened->start_open(options, wants_log)) {
    napi_throw_error(env, nullptr, "no thread could be started");
    return nullptr;
  }
  self.engines_.push_back({opened});
  self.begin(1);
  napi_create_uint32(env, opened->id(), &out[1]);
  return array(env, out);
}

// close(engine): `closed` is called with its number when it is.
napi_value Addon::close(napi_env env, napi_callback_info info) {
  const Call given(env, info);
  const EngineRef* const engine = held<Engine>(env, given.arguments[0]);
  if (engine == nullptr) return nullptr;
  for (Opened& opened : given.addon->engines_) {
    if (opened.engine != *engine) continue;
    opened.counted = true;
    given.addon->begin(1);
    opened.engine->start_close();
  }
  return nullptr;
}

// submit(engine, place of the operation, number of the call, ...fields) -> undefined, or what
// failed at once as `failed` would be told.
napi_value Addon::submit(napi_env env, napi_callback_info info) {
  const Call given(env, info);
  const EngineRef* const engine = held<Engine>(env, given.arguments[0]);
  std::uint32_t place = 0;
  std::int64_t number = 0;
  if (engine == nullptr || given.count < 3 ||
      napi_get_value_uint32(env, given.arguments[1], &place) != napi_ok ||
      napi_get_value_int64(env, given.arguments[2], &number) != napi_ok ||
      place >= operations().size()) {
    napi_throw_type_error(env, nullptr, "not a call of this addon");
    return nullptr;
  }
  const Operation& operation = operations()[place];
  alignas(std::max_align_t) std::array<std::byte, kRequestSize> request{};
  std::memcpy(request.data(), &operation.size, sizeof operation.size);
  RequestReader reader(env);
  if (!reader.read(operation.fields, {given.arguments.data() + 3, given.count - 3},
                   request.data())) {
    return nullptr;
  }
  holdfast_error error;
  error.struct_size = sizeof error;
  const auto tag = static_cast<std::uint64_t>(number) << kOperationBits | place;
  if (operation.submit((*engine)->handle(), request.data(), tag, &error) == HOLDFAST_STATUS_OK) {
    given.addon->begin(1);
    return nullptr;
  }
  AnswerWriter write(env, given.addon->makers_);
  return array(env, std::array{write.integer(error.status), write.integer(error.retry),
                               write.ascii(error.sqlstate), write.ascii(error.idempotency_token),
                               write.ascii(error.message)});
}

// ---- answers ------------------------------------------------------------------------------------

// Node serves a thread-safe function up to a thousand times before its loop turns, and an answer
// that leads to the next call would keep timers and sockets waiting. So there is one call a turn:
// the next is asked for by `nextTurn`, which is setImmediate(lookAgain).
void Addon::look(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment is ending: tear_down() has seen to it
  auto* const self = static_cast<Addon*>(context);
  self->report_all(env);
  self->call(env, self->next_turn_, {});
}

napi_value Addon::look_again(napi_env env, napi_callback_info info) {
  Addon& self = *Call(env, info).addon;
  if (self.mailbox_ == nullptr) return nullptr;
  self.mailbox_->looked();
  self.report_all(env);
  return nullptr;
}

void Addon::report_all(napi_env env) {
  if (mailbox_ == nullptr) return;
  for (std::size_t i = 0; i < engines_.size();) {
    const HandleScope scope(env);
    const bool is_over = report(env, engines_[i]);
    if (is_over) {
      engines_.erase(engines_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

// False: the environment is ending and runs no more JavaScript.
bool Addon::call(napi_env env, napi_ref function, std::initializer_list<napi_value> arguments) {
  return call(env, function, {arguments.begin(), arguments.size()});
}

bool Addon::call(napi_env env, napi_ref function, std::span<const napi_value> arguments) {
  napi_value callee = nullptr;
  napi_value none = nullptr;
  return napi_get_reference_value(env, function, &callee) == napi_ok &&
         napi_get_undefined(env, &none) == napi_ok &&
         napi_call_function(env, none, callee, arguments.size(), arguments.data(), nullptr) ==
             napi_ok;
}

// True: the engine is closed or never opened, and everybody has been told.
bool Addon::report(napi_env env, Opened& opened) {
  const EngineRef engine = opened.engine;
  // The phase first: what a closing engine answered stands there before it is closed.
  const Engine::Phase phase = engine->phase();
  settle_all(env, *engine);
  deliver_log(env, *engine);
  AnswerWriter write(env, makers_);
  const napi_value id = write.number(engine->id());
  if (phase == Engine::Phase::kFailed) {
    const holdfast_error& error = engine->error();
    engine->finish(std::chrono::steady_clock::now() + kTeardownMax);
    end(1);
    call(env, opened_,
         {id, write.integer(error.status), write.integer(error.retry), write.ascii(error.sqlstate),
          write.ascii(error.idempotency_token), write.ascii(error.message)});
    return true;
  }
  if (!opened.reported_open && phase != Engine::Phase::kOpening) {
    opened.reported_open = true;
    opened.counted = false;
    end(1);
    call(env, opened_, {id});
  }
  if (phase != Engine::Phase::kClosed) return false;
  engine->finish(std::chrono::steady_clock::now() + kTeardownMax);
  if (opened.counted) end(1);
  call(env, closed_, {id});
  return true;
}

void Addon::settle_all(napi_env env, Engine& engine) {
  std::size_t count = 0;
  bool goes_on = true;
  do {
    count = engine.drain(completions_.data(), completions_.size());
    const HandleScope scope(env);
    AnswerWriter write(env, makers_);
    for (std::size_t i = 0; i < count; ++i) {
      goes_on = goes_on && settle(write, completions_[i]);
      holdfast_result_free(completions_[i].result);
    }
    if (count > 0) end(count);
  } while (count > 0 && goes_on);
}

bool Addon::settle(AnswerWriter& write, const holdfast_completion& completion) {
  const holdfast_result* const result = completion.result;
  const napi_value number = write.number(static_cast<double>(completion.tag >> kOperationBits));
  const auto tell = [&](napi_ref function, std::initializer_list<napi_value> arguments) {
    return write.ok() && call(env_, function, arguments);
  };
  if (result == nullptr) {
    const holdfast_error& error = completion.error;
    return tell(failed_, {number, write.integer(error.status), write.integer(error.retry),
                          write.ascii(error.sqlstate), write.ascii(error.idempotency_token),
                          write.ascii(error.message)});
  }
  if (const holdfast_rejection* why = holdfast_result_rejection(result); why != nullptr) {
    return tell(refused_,
                {number, write.integer(why->outcome), write.integer(why->reason),
                 write.text(why->field), write.text(why->message), write.text(why->id),
                 write.conflicts(result), write.holds(result), write.allocations(result)});
  }
  std::array<napi_value, kArgumentsMax> arguments{number};
  std::size_t count = 1;
  const std::uint64_t place = completion.tag & ((1U << kOperationBits) - 1);
  for (const Part part : operations()[place].parts) arguments[count++] = write.part(part, result);
  return write.ok() && call(env_, accepted_, {arguments.data(), count});
}

void Addon::deliver_log(napi_env env, Engine& engine) {
  for (const LogLine& line : engine.take_log()) {
    const HandleScope scope(env);
    AnswerWriter write(env, makers_);
    const napi_value id = write.number(engine.id());
    const napi_value level = write.integer(line.level);
    const napi_value text = write.text({line.text.data(), line.text.size()});
    if (!write.ok() || !call(env, logged_, {id, level, text})) return;
  }
}

}  // namespace
}  // namespace holdfast::node

NAPI_MODULE_INIT() {
  holdfast::node::Addon::start(env, exports);
  return exports;
}
