#include "storage/postgres/errors.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace holdfast::postgres {
namespace {

constexpr Verdict kBusyVerdict{.status = Status::kBusy, .retry = Retry::kSafe};
constexpr Verdict kGone{
    .status = Status::kUnavailable, .retry = Retry::kSafe, .drop_connection = true};
constexpr Verdict kUnknownVerdict{
    .status = Status::kUnknown, .retry = Retry::kSameToken, .drop_connection = true};
constexpr Verdict kWrongSetup{.status = Status::kConfiguration, .drop_connection = true};
constexpr Verdict kWrongSchema{.status = Status::kSchema};

constexpr std::string_view kRowCountCheck = "22012";  // nothing of ours divides but that check

struct Row {
  std::string_view prefix;  ///< a whole SQLSTATE, or its first characters
  Verdict verdict;
};

// Exact codes stand before the class they belong to: the first match decides.
constexpr std::array kBefore = {
    Row{"", kGone},
    Row{"40003", kGone},
    Row{"40", kBusyVerdict},     // serialization failure, deadlock
    Row{"55P03", kBusyVerdict},  // lock_timeout
    Row{"57014", kBusyVerdict},  // statement_timeout or an administrator's cancel
    Row{"23505", kBusyVerdict},  // a row that was not there when the scope was loaded
    Row{kRowCountCheck, kBusyVerdict},
    Row{"23514", {.status = Status::kInvariant}},
    Row{"26000", {.status = Status::kBusy, .retry = Retry::kSafe, .statements_lost = true}},
    Row{"42P05", {.status = Status::kBusy, .retry = Retry::kSafe, .statements_lost = true}},
    // A timeout that struck after the last answer of a trip shows in the next one.
    Row{"25P02", kBusyVerdict},
    Row{"25006", kGone},  // connected to a standby: look for the primary
    Row{"25P03", kGone},  // idle in transaction for too long
    Row{"25P04", kGone},
    Row{"08", kGone},
    Row{"57P", kGone},
    Row{"53", {.status = Status::kUnavailable, .retry = Retry::kSafe}},
    Row{"42501", kWrongSetup},
    Row{"42883", kWrongSetup},
    Row{"42704", kWrongSetup},
    Row{"0A", kWrongSetup},
    Row{"28", kWrongSetup},
    Row{"3D", kWrongSetup},
    Row{"42P01", kWrongSchema},
    Row{"42P10", kWrongSchema},
    Row{"42703", kWrongSchema},
    Row{"3F000", kWrongSchema},
};

// What is sure not to have been committed although COMMIT was sent.
constexpr std::array kRefusedCommit = {
    Row{"40003", kUnknownVerdict},
    Row{"40", kBusyVerdict},
    Row{"23514", {.status = Status::kInvariant}},
    Row{"23", kBusyVerdict},
};

template <std::size_t N>
const Row* find(const std::array<Row, N>& rows, std::string_view sqlstate) {
  for (const Row& row : rows) {
    const bool hit = row.prefix.empty() ? sqlstate.empty() : sqlstate.starts_with(row.prefix);
    if (hit) return &row;
  }
  return nullptr;
}

// Of a pooler or of libpq, not of the server: it says nothing about how far the server got.
bool is_transport(std::string_view sqlstate) {
  return sqlstate.empty() || sqlstate.starts_with("08");
}

void add_secret(std::vector<std::string>& secrets, std::string_view text) {
  if (!text.empty()) secrets.emplace_back(text);
}

// A password with a raw '@' or '/' is cut by the parser, and its rest shows up as a host.
void add_uri_fragments(std::vector<std::string>& secrets, std::string_view uri) {
  const auto authority = uri.find("://");
  const auto last_at = uri.rfind('@');
  if (authority == std::string_view::npos || last_at == std::string_view::npos) return;
  if (last_at < authority + 3) return;
  const auto user_info = uri.substr(authority + 3, last_at - authority - 3);
  const auto colon = user_info.find(':');
  if (colon == std::string_view::npos) return;
  std::string_view rest = user_info.substr(colon + 1);
  add_secret(secrets, rest);
  while (!rest.empty()) {
    const auto cut = rest.find_first_of("@/:?#");
    add_secret(secrets, rest.substr(0, cut));
    rest = cut == std::string_view::npos ? std::string_view{} : rest.substr(cut + 1);
  }
}

}  // namespace

Verdict classify(std::string_view sqlstate, Phase phase) {
  if (phase == Phase::kAtCommit) {
    const Row* row = find(kRefusedCommit, sqlstate);
    return row == nullptr ? kUnknownVerdict : row->verdict;
  }
  if (phase == Phase::kSent && is_transport(sqlstate)) return kUnknownVerdict;
  const Row* row = find(kBefore, sqlstate);
  Verdict verdict = row == nullptr ? Verdict{} : row->verdict;
  if (phase == Phase::kConnect) verdict.drop_connection = true;
  return verdict;
}

Error make_error(const Verdict& verdict, std::string_view sqlstate, std::string_view message) {
  std::string text = redact(message, {});
  if (verdict.status == Status::kSchema) {
    text = "the database has no Holdfast schema of this version, run migrate first: " + text;
  }
  if (sqlstate == kRowCountCheck) {
    text = "a row was not as the transaction had read it; nothing was written";
  }
  return {.status = verdict.status,
          .retry = verdict.retry,
          .message = "PostgreSQL: " + text,
          .sqlstate = std::string(sqlstate)};
}

std::vector<std::string> secrets_of(std::string_view conninfo) {
  std::vector<std::string> secrets;
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(std::string(conninfo).c_str(), &complaint), &PQconninfoFree);
  PQfreemem(complaint);
  for (const PQconninfoOption* o = options.get(); o != nullptr && o->keyword != nullptr; ++o) {
    const std::string_view keyword = o->keyword;
    const bool is_secret = keyword == "password" || keyword == "sslpassword";
    if (is_secret && o->val != nullptr) add_secret(secrets, o->val);
  }
  add_uri_fragments(secrets, conninfo);
  if (const char* password = std::getenv("PGPASSWORD")) add_secret(secrets, password);
  std::sort(secrets.begin(), secrets.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return secrets;
}

std::string redact(std::string_view message, const std::vector<std::string>& secrets) {
  // Marked first: secrets overlap, and one of asterisks would be found in what hides another.
  std::vector<bool> hidden(message.size());
  for (const std::string& secret : secrets) {
    for (auto at = message.find(secret); at != std::string_view::npos;
         at = message.find(secret, at + 1)) {
      std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(at), secret.size(), true);
    }
  }
  std::string out;
  for (std::size_t at = 0; at < message.size(); ++at) {
    if (!hidden[at]) {
      out += message[at];
    } else if (at == 0 || !hidden[at - 1]) {
      out += "***";
    }
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return out;
}

bool names_bad_configuration(std::string_view message) {
  constexpr std::array<std::string_view, 12> kSigns = {
      "invalid port number", "invalid integer value", "invalid sslmode",
      "invalid value",       "does not support SSL",  "certificate",
      "protocol version",    "channel binding",       "private key",
      "no password",         "could not match",       "invalid target_session_attrs"};
  return std::any_of(kSigns.begin(), kSigns.end(), [message](std::string_view sign) {
    return message.find(sign) != std::string_view::npos;
  });
}

}  // namespace holdfast::postgres
