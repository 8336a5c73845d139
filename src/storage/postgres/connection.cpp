#include "storage/postgres/connection.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <random>
#include <utility>

namespace holdfast::postgres {
namespace {

using OptionsPtr = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

struct Default {
  std::string_view keyword;
  std::string_view value;
};

// A peer that is gone without a word is noticed in half a minute, not in the kernel's two hours.
constexpr Default kDefaults[] = {
    {"connect_timeout", "10"},
    {"keepalives", "1"},
    {"keepalives_idle", "15"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "20000"},
    {"target_session_attrs", "read-write"},
};

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> out;
  for (std::size_t from = 0, comma = 0; comma != std::string_view::npos; from = comma + 1) {
    comma = list.find(',', from);
    out.push_back(list.substr(from, comma - from));
  }
  return out;
}

const Default* default_of(std::string_view keyword) {
  for (const Default& d : kDefaults) {
    if (d.keyword == keyword) return &d;
  }
  return nullptr;
}

bool in_environment(const PQconninfoOption& option) {
  return option.envvar != nullptr && std::getenv(option.envvar) != nullptr;
}

/// In the address or else in the environment; empty is as good as not given.
std::string_view value_of(const PQconninfoOption* options, std::string_view keyword) {
  for (const PQconninfoOption* o = options; o->keyword != nullptr; ++o) {
    if (o->keyword != keyword) continue;
    if (o->val != nullptr) return o->val;
    return in_environment(*o) ? std::getenv(o->envvar) : std::string_view{};
  }
  return {};
}

// Nothing that leaves the machine: a Unix socket, or a name or number of the loopback device.
bool is_this_machine(std::string_view host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return true;
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (is_number && host.starts_with("127."));
}

/// Whether every server that the options name is on this machine. Of a server's host and hostaddr
/// the second is where it is.
bool is_local(const PQconninfoOption* options) {
  const auto hosts = split(value_of(options, "host"));
  const auto numbers = split(value_of(options, "hostaddr"));
  for (std::size_t i = 0; i < std::max(hosts.size(), numbers.size()); ++i) {
    const bool has_number = i < numbers.size() && !numbers[i].empty();
    const std::string_view name = i < hosts.size() ? hosts[i] : std::string_view{};
    if (!is_this_machine(has_number ? numbers[i] : name)) return false;
  }
  return true;
}

std::string random_prefix() {
  std::random_device device;
  std::string out = "holdfast_";
  for (int i = 0; i < 16; ++i) out.push_back("0123456789abcdef"[device() & 15U]);
  return out;
}

Error connect_error(std::string_view message, PGconn* conn,
                    const std::vector<std::string>& secrets) {
  const std::string text = redact(message, secrets);
  // With VERBOSE the code follows the severity: "FATAL:  28P01: password authentication failed".
  std::string sqlstate;
  for (auto at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 3)) {
    if (at + 8 < text.size() && text[at + 8] == ':') sqlstate = text.substr(at + 3, 5);
  }
  Verdict verdict = classify(sqlstate, Phase::kConnect);
  const bool ours = PQconnectionNeedsPassword(conn) != 0 || names_bad_configuration(text);
  if (sqlstate.empty() && ours) verdict = classify("28000", Phase::kConnect);
  if (verdict.status != Status::kConfiguration) verdict = classify("", Phase::kConnect);
  return {.status = verdict.status,
          .retry = verdict.retry,
          .message = "PostgreSQL: cannot connect: " + text,
          .sqlstate = sqlstate};
}

constexpr const char* kAddedMode =
    " (the host is not this machine and the address names no sslmode, so it is verify-full)";
constexpr const char* kNoMode =
    "PostgreSQL: the service names a host that is not this machine and no sslmode; libpq's default "
    "goes on without TLS where there is none: name the sslmode, best verify-full";

/// What a service file has come to is known only from the connection.
bool falls_back_to_plain(PGconn* conn) {
  const OptionsPtr options(PQconninfo(conn), &PQconninfoFree);
  if (options == nullptr || is_local(options.get())) return false;
  const std::string_view mode = value_of(options.get(), "sslmode");
  return mode == "prefer" || mode == "allow";
}

}  // namespace

// ---- Address ------------------------------------------------------------------------------------

Result<Address> Address::parse(std::string_view conninfo) {
  Address out;
  out.secrets_ = secrets_of(conninfo);
  const OptionsPtr options(PQconninfoParse(std::string(conninfo).c_str(), nullptr),
                           &PQconninfoFree);
  if (options == nullptr) {
    // libpq's own words quote the text, and with it the password.
    return Error{.status = Status::kConfiguration,
                 .message = "PostgreSQL: the address is neither a URI nor key=value text of libpq"};
  }
  // A service file may set any option, and what we would add would outrank it.
  const bool service = !value_of(options.get(), "service").empty();
  out.names_mode_ = !value_of(options.get(), "sslmode").empty();
  out.adds_mode_ = !out.names_mode_ && !service && !is_local(options.get());
  for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
    const Default* d = default_of(o->keyword);
    std::string_view value = o->val == nullptr ? std::string_view{} : o->val;
    const bool fill = o->val == nullptr && d != nullptr && !service && !in_environment(*o);
    if (fill) value = d->value;
    if (std::string_view(o->keyword) == "client_encoding") value = "UTF8";
    if (std::string_view(o->keyword) == "sslmode" && out.adds_mode_) value = "verify-full";
    if (std::string_view(o->keyword) == "fallback_application_name" && o->val == nullptr)
      value = "holdfast";
    if (o->val == nullptr && value.empty()) continue;
    out.keywords_.emplace_back(o->keyword);
    out.values_.emplace_back(value);
  }
  return out;
}

PGconn* Address::connect(std::optional<Error>& failure) const {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (std::size_t i = 0; i < keywords_.size(); ++i) {
    keywords.push_back(keywords_[i].c_str());
    values.push_back(values_[i].c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  PGconn* conn = PQconnectdbParams(keywords.data(), values.data(), 0);
  if (conn == nullptr) {
    failure = Error{.status = Status::kNoMemory, .message = "PostgreSQL: out of memory"};
    return nullptr;
  }
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
  // libpq tells the SQLSTATE of a refused connection only in verbose text, and takes that setting
  // only on an existing connection. What failed by timeout is not tried again.
  const bool answered = std::chrono::steady_clock::now() - start < std::chrono::seconds(1);
  std::string message = PQerrorMessage(conn);
  if (PQstatus(conn) != CONNECTION_OK && answered) PQreset(conn);
  // An option that libpq itself refuses is told only the first time.
  if (*PQerrorMessage(conn) != '\0') message = PQerrorMessage(conn);
  if (PQstatus(conn) != CONNECTION_OK) {
    failure = connect_error(message, conn, secrets_);
    if (adds_mode_ && failure->status == Status::kConfiguration) failure->message += kAddedMode;
  } else if (!names_mode_ && falls_back_to_plain(conn)) {
    failure = Error{.status = Status::kConfiguration, .message = kNoMode};
  }
  return conn;
}

// ---- Connection ---------------------------------------------------------------------------------

Connection::Connection(PGconn* conn, bool named)
    : conn_(conn), prefix_(random_prefix()), named_(named) {}

Connection::~Connection() { PQfinish(conn_); }

std::string Connection::tls() const {
  const char* version = PQsslInUse(conn_) != 0 ? PQsslAttribute(conn_, "protocol") : nullptr;
  return version == nullptr ? "none" : version;
}

Result<std::unique_ptr<Connection>> Connection::open(const Address& address, bool named) {
  std::optional<Error> failure;
  std::unique_ptr<Connection> out(new Connection(address.connect(failure), named));
  if (failure) return std::move(*failure);
  if (PQenterPipelineMode(out->conn_) == 0) {
    return Error{.status = Status::kInternal, .message = "PostgreSQL: no pipeline mode"};
  }
  PQsetNoticeReceiver(out->conn_, &Connection::on_notice, out.get());
  return out;
}

void Connection::on_notice(void* self, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (severity == nullptr || message == nullptr) return;
  if (std::string_view(severity) != "WARNING") return;
  std::string& kept = static_cast<Connection*>(self)->warning_;
  try {
    kept = redact(message, {});
  } catch (const std::bad_alloc&) {
    kept = "no memory";  // what calls this is C, and nothing may be thrown through it
  }
}

// ---- Trip ---------------------------------------------------------------------------------------

void Trip::sent(int ok, std::size_t step, const Statement* prepares) {
  if (ok != 0) {
    sent_.push_back({step, prepares});
  } else if (!failure_) {
    failure_ = Failure{.message = PQerrorMessage(connection_.conn_), .step = step};
  }
}

std::size_t Trip::add(const Statement& statement, const Params& params) {
  if (!connection_.named_) return add(statement.sql, params);
  const std::size_t step = results_.size();
  results_.emplace_back();
  PGconn* conn = connection_.conn_;
  auto [at, is_new] = connection_.prepared_.try_emplace(&statement);
  if (is_new) {
    at->second = connection_.prefix_ + std::to_string(connection_.prepared_.size());
    sent(PQsendPrepare(conn, at->second.c_str(), statement.sql, 0, nullptr), step, &statement);
  }
  const Params::View view = params.view();
  sent(PQsendQueryPrepared(conn, at->second.c_str(), params.size(), view.values.data(),
                           view.lengths.data(), view.formats.data(), 1),
       step, nullptr);
  return step;
}

std::size_t Trip::add(const char* sql, const Params& params) {
  const std::size_t step = results_.size();
  results_.emplace_back();
  const Params::View view = params.view();
  sent(PQsendQueryParams(connection_.conn_, sql, params.size(), nullptr, view.values.data(),
                         view.lengths.data(), view.formats.data(), 1),
       step, nullptr);
  return step;
}

void Trip::fail(const PGresult* result, std::size_t step) {
  if (failure_) return;
  failure_.emplace();
  failure_->step = step;
  if (result == nullptr) {
    failure_->message = PQerrorMessage(connection_.conn_);
    return;
  }
  // The primary message only: DETAIL and CONTEXT quote rows.
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sqlstate != nullptr) failure_->sqlstate = sqlstate;
  failure_->message = message != nullptr ? message : PQresultErrorMessage(result);
}

void Trip::take_one(const Sent& sent) {
  bool fine = false;
  while (ResultPtr result{PQgetResult(connection_.conn_)}) {
    const ExecStatusType status = PQresultStatus(result.get());
    fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!fine) fail(result.get(), sent.step);
    if (fine && sent.prepares == nullptr) results_[sent.step] = std::move(result);
    if (!connection_.is_good()) break;
  }
  if (fine) return;
  fail(nullptr, sent.step);
  if (sent.prepares != nullptr) connection_.prepared_.erase(sent.prepares);
}

bool Trip::was_sent(std::size_t step) const {
  return std::any_of(sent_.begin(), sent_.end(),
                     [step](const Sent& s) { return s.step == step && s.prepares == nullptr; });
}

void Trip::send() {
  is_sent_ = true;
  // A statement that could not even be queued: what follows it must not be carried out.
  if (!failure_ && PQpipelineSync(connection_.conn_) == 0) fail(nullptr, 0);
}

std::optional<Failure> Trip::run() {
  if (!is_sent_) send();
  if (failure_) return failure_;
  for (const Sent& sent : sent_) {
    if (!connection_.is_good()) {
      fail(nullptr, sent.step);
      return failure_;
    }
    take_one(sent);
  }
  if (!connection_.is_good()) {
    fail(nullptr, results_.size());
    return failure_;
  }
  const ResultPtr last{PQgetResult(connection_.conn_)};
  if (last == nullptr || PQresultStatus(last.get()) != PGRES_PIPELINE_SYNC) {
    connection_.broken_ = true;
    fail(nullptr, results_.size());
  }
  return failure_;
}

}  // namespace holdfast::postgres
