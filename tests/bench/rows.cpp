#include "rows.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <vector>

#include "support.hpp"

namespace holdfast::bench {
namespace {

using Rows = std::vector<std::vector<std::string>>;

bool is_sqlite(const std::string& uri) { return uri.starts_with("sqlite:"); }

Rows ask_sqlite(const std::string& uri, const std::string& sql) {
  const std::string path = uri.substr(7, uri.find('?') - 7);
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) die("cannot open " + path);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> closed(database, sqlite3_close);
  sqlite3_busy_timeout(database, 10'000);
  Rows rows;
  const auto keep = [](void* to, int count, char** values, char**) {
    auto& row = static_cast<Rows*>(to)->emplace_back();
    for (int i = 0; i < count; ++i) row.emplace_back(values[i] == nullptr ? "" : values[i]);
    return 0;
  };
  if (sqlite3_exec(database, sql.c_str(), keep, &rows, nullptr) != SQLITE_OK) {
    die(sqlite3_errmsg(database));
  }
  return rows;
}

Rows ask_postgres(const std::string& uri, const std::string& sql) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(uri.c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()),
                                                              PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    die(PQerrorMessage(connection.get()));
  }
  Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    for (int j = 0; j < PQnfields(result.get()); ++j) {
      rows[static_cast<std::size_t>(i)].emplace_back(PQgetvalue(result.get(), i, j));
    }
  }
  return rows;
}

Rows ask(const std::string& uri, const std::string& sql) {
  return is_sqlite(uri) ? ask_sqlite(uri, sql) : ask_postgres(uri, sql);
}

}  // namespace

Counts count_rows(const std::string& uri) {
  const std::string schema = is_sqlite(uri) ? "" : "holdfast.";
  Counts counts;
  for (const auto& row :
       ask(uri, "SELECT status, count(*) FROM " + schema + "resource_holds GROUP BY status")) {
    counts.holds[row[0]] = std::stoll(row[1]);
  }
  counts.allocations =
      std::stoll(ask(uri, "SELECT count(*) FROM " + schema + "resource_allocations")[0][0]);
  return counts;
}

std::int64_t make_due(const std::string& uri, double seconds) {
  const auto at =
      std::chrono::system_clock::now().time_since_epoch() + std::chrono::duration<double>(seconds);
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(at).count();
  const std::string instant = std::to_string(us);
  if (is_sqlite(uri)) {
    ask(uri, "UPDATE resource_holds SET expires_at = " + instant + " WHERE status = 'ACTIVE'");
  } else {
    ask(uri,
        "UPDATE holdfast.resource_holds SET expires_at = 'epoch'::timestamptz + "
        "interval '1 microsecond' * " +
            instant + " WHERE status = 'ACTIVE'");
    // The run that follows is not to pay for this statement's dead rows.
    ask(uri, "VACUUM ANALYZE holdfast.resource_holds");
  }
  return us;
}

}  // namespace holdfast::bench
