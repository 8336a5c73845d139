// What each failure of the server means, before COMMIT and at it.
#include <string>
#include <vector>

#include "process.hpp"
#include "storage/postgres/errors.hpp"
#include "support/catch.hpp"

namespace holdfast::postgres {
namespace {

struct Expected {
  const char* sqlstate;
  Status status;
  Retry retry;
};

const std::vector<Expected> kBeforeCommit = {
    {"", Status::kUnavailable, Retry::kSafe},       // the connection was lost
    {"08000", Status::kUnavailable, Retry::kSafe},  // connection exception
    {"08003", Status::kUnavailable, Retry::kSafe},  //
    {"08006", Status::kUnavailable, Retry::kSafe},  //
    {"08P01", Status::kUnavailable, Retry::kSafe},  // a pooler's own refusal
    {"40001", Status::kBusy, Retry::kSafe},         // serialization failure
    {"40P01", Status::kBusy, Retry::kSafe},         // deadlock
    {"40003", Status::kUnavailable, Retry::kSafe},  // statement completion unknown
    {"55P03", Status::kBusy, Retry::kSafe},         // lock timeout
    {"57014", Status::kBusy, Retry::kSafe},         // statement timeout, cancel
    {"23505", Status::kBusy, Retry::kSafe},         // a row that was not there before
    {"22012", Status::kBusy, Retry::kSafe},         // the row count check
    {"23514", Status::kInvariant, Retry::kNever},   // a CHECK
    {"26000", Status::kBusy, Retry::kSafe},         // a pooler lost the prepared statement
    {"42P05", Status::kBusy, Retry::kSafe},         // or has another one of that name
    {"25P02", Status::kBusy, Retry::kSafe},         // given up in an earlier trip
    {"25006", Status::kUnavailable, Retry::kSafe},  // a standby
    {"25P03", Status::kUnavailable, Retry::kSafe},  // idle in transaction for too long
    {"57P01", Status::kUnavailable, Retry::kSafe},  // admin shutdown
    {"57P02", Status::kUnavailable, Retry::kSafe},  // crash shutdown
    {"57P03", Status::kUnavailable, Retry::kSafe},  // starting up
    {"53000", Status::kUnavailable, Retry::kSafe},  // insufficient resources
    {"53100", Status::kUnavailable, Retry::kSafe},  // disk full
    {"53200", Status::kUnavailable, Retry::kSafe},  // out of memory, or the lock table full
    {"53300", Status::kUnavailable, Retry::kSafe},  // too many connections
    {"42501", Status::kConfiguration, Retry::kNever},
    {"0A000", Status::kConfiguration, Retry::kNever},
    {"28000", Status::kConfiguration, Retry::kNever},
    {"28P01", Status::kConfiguration, Retry::kNever},
    {"3D000", Status::kConfiguration, Retry::kNever},
    {"42P01", Status::kSchema, Retry::kNever},
    {"42703", Status::kSchema, Retry::kNever},
    {"3F000", Status::kSchema, Retry::kNever},
    {"XX000", Status::kStorage, Retry::kNever},
    {"XX001", Status::kStorage, Retry::kNever},
    {"22P02", Status::kStorage, Retry::kNever},
    {"42601", Status::kStorage, Retry::kNever},
    {"P0001", Status::kStorage, Retry::kNever},
};

}  // namespace

TEST_CASE("each SQLSTATE before COMMIT has its status and retry class") {
  for (const Expected& expected : kBeforeCommit) {
    INFO("SQLSTATE '" << expected.sqlstate << "'");
    const Verdict verdict = classify(expected.sqlstate, Phase::kBefore);
    CHECK(name(verdict.status) == std::string(name(expected.status)));
    CHECK(name(verdict.retry) == std::string(name(expected.retry)));
  }
}

TEST_CASE("a failure at COMMIT is unknown unless the server says that it was refused") {
  for (const Expected& expected : kBeforeCommit) {
    const std::string sqlstate = expected.sqlstate;
    INFO("SQLSTATE '" << sqlstate << "'");
    const Verdict verdict = classify(sqlstate, Phase::kAtCommit);
    if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "23505") {
      CHECK(verdict.status == Status::kBusy);
      CHECK(verdict.retry == Retry::kSafe);
    } else if (sqlstate == "23514") {
      CHECK(verdict.status == Status::kInvariant);
      CHECK(verdict.retry == Retry::kNever);
    } else {
      CHECK(verdict.status == Status::kUnknown);
      CHECK(verdict.retry == Retry::kSameToken);
      CHECK(verdict.drop_connection);
    }
  }
}

TEST_CASE("an answer to a write says that the COMMIT behind it did nothing; silence does not") {
  for (const Expected& expected : kBeforeCommit) {
    const std::string sqlstate = expected.sqlstate;
    INFO("SQLSTATE '" << sqlstate << "'");
    const Verdict sent = classify(sqlstate, Phase::kSent);
    if (sqlstate.empty() || sqlstate.starts_with("08")) {
      CHECK(sent.status == Status::kUnknown);
      CHECK(sent.retry == Retry::kSameToken);
    } else {
      CHECK(sent.status == expected.status);
      CHECK(sent.retry == expected.retry);
    }
  }
}

TEST_CASE("only a lost statement name asks for unnamed statements") {
  for (const Expected& expected : kBeforeCommit) {
    const std::string sqlstate = expected.sqlstate;
    INFO("SQLSTATE '" << sqlstate << "'");
    CHECK(classify(sqlstate, Phase::kBefore).statements_lost ==
          (sqlstate == "26000" || sqlstate == "42P05"));
  }
}

TEST_CASE("a connection that the server gave up is not used again") {
  for (const char* sqlstate : {"", "08006", "57P01", "57P02", "57P03", "25006", "25P03", "40003"}) {
    INFO("SQLSTATE '" << sqlstate << "'");
    CHECK(classify(sqlstate, Phase::kBefore).drop_connection);
  }
  for (const char* sqlstate : {"40001", "55P03", "57014", "23505", "22012"}) {
    INFO("SQLSTATE '" << sqlstate << "'");
    CHECK_FALSE(classify(sqlstate, Phase::kBefore).drop_connection);
  }
}

TEST_CASE("a message is one line and holds no secret") {
  const auto secrets = secrets_of("postgres://shop:s3cret%2Fword@db.example/main");
  const std::string shown =
      redact("could not connect\n\tto s3cret/word with s3cret%2Fword\n", secrets);
  CHECK(shown.find("s3cret") == std::string::npos);
  CHECK(shown.find('\n') == std::string::npos);
  CHECK(shown.find('\t') == std::string::npos);
  const auto keys = secrets_of("host=db password='it\\'s' user=shop sslpassword=key");
  CHECK(redact("sslpassword key, password it's", keys) == "sslpassword ***, password ***");
}

TEST_CASE("what hides a secret leaves the rest as it is, wherever the secret stands") {
  const std::vector<std::string> secrets{"key"};
  CHECK(redact("key", secrets) == "***");
  CHECK(redact("key first", secrets) == "*** first");
  CHECK(redact("keykey, last key", secrets) == "***, last ***");
  CHECK(redact("two\r\nlines \n", secrets) == "two  lines");
  CHECK(redact(" \n", secrets).empty());
  CHECK(redact("", secrets).empty());
}

TEST_CASE("a password of the environment is a secret, and an '@' before a URI's is none") {
  {
    test::ScopedEnvironment environment;
    environment.set("PGPASSWORD", "from outside");
    CHECK(secrets_of("host=db") == std::vector<std::string>{"from outside"});
  }
  CHECK(secrets_of("host=db").empty());
  CHECK(secrets_of("shop@main://db").empty());
  CHECK(secrets_of("postgres://shop@db/main").empty());
}

TEST_CASE("a raw '@' or '/' in a URI's password does not leak as a host name") {
  const auto secrets = secrets_of("postgres://shop:p@ss/word@db.example/main");
  for (const char* text : {"could not translate host name \"ss\" to address",
                           "could not translate host name \"ss/word@db.example\" to address"}) {
    const std::string shown = redact(text, secrets);
    INFO(shown);
    CHECK(shown.find("\"ss\"") == std::string::npos);
    CHECK(shown.find("word@") == std::string::npos);
  }
}

}  // namespace holdfast::postgres
