#include "copy.hpp"

#include "support.hpp"

namespace holdfast::bench {

Postgres::Postgres(const std::string& uri) : connection_(PQconnectdb(uri.c_str()), PQfinish) {
  if (PQstatus(get()) != CONNECTION_OK) die(PQerrorMessage(get()));
  // A fill that a crash would cut short is begun anew.
  run("SET synchronous_commit = off");
  run("SET maintenance_work_mem = '512MB'");
}

std::vector<std::vector<std::string>> Postgres::run(const std::string& sql) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    die(sql + ": " + PQerrorMessage(get()));
  }
  std::vector<std::vector<std::string>> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    for (int j = 0; j < PQnfields(result.get()); ++j) {
      rows[static_cast<std::size_t>(i)].emplace_back(PQgetvalue(result.get(), i, j));
    }
  }
  return rows;
}

namespace {
constexpr std::size_t kBuffer = 1 << 18;
}

CopyStream::CopyStream(const std::string& uri, const std::string& target) : postgres_(uri) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
      PQexec(postgres_.get(), ("COPY " + target + " FROM STDIN").c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) die(PQerrorMessage(postgres_.get()));
  buffer_.reserve(kBuffer + 4096);
}

CopyStream& CopyStream::field(std::string_view text) {
  if (is_row_begun_) buffer_ += '\t';
  buffer_ += text;
  is_row_begun_ = true;
  return *this;
}

void CopyStream::end_row() {
  buffer_ += '\n';
  is_row_begun_ = false;
  if (buffer_.size() >= kBuffer) send();
}

void CopyStream::send() {
  if (PQputCopyData(postgres_.get(), buffer_.data(), static_cast<int>(buffer_.size())) != 1) {
    die(PQerrorMessage(postgres_.get()));
  }
  buffer_.clear();
}

void CopyStream::finish() {
  if (!buffer_.empty()) send();
  if (PQputCopyEnd(postgres_.get(), nullptr) != 1) die(PQerrorMessage(postgres_.get()));
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQgetResult(postgres_.get()),
                                                              PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) die(PQerrorMessage(postgres_.get()));
}

IndexHoliday::IndexHoliday(Postgres& postgres, const std::vector<std::string>& tables)
    : postgres_(postgres) {
  for (const auto& table : tables) {
    const std::string name = "'holdfast." + table + "'::regclass";
    const auto keys = postgres.run(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype IN ('p', 'u') AND conrelid = " +
        name);
    const auto indexes = postgres.run(
        "SELECT x.indexrelid::regclass, pg_get_indexdef(x.indexrelid) FROM pg_index x "
        "WHERE x.indrelid = " +
        name + " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)");
    for (const auto& key : keys) {
      postgres.run("ALTER TABLE holdfast." + table + " DROP CONSTRAINT " + key[0]);
      again_.push_back("ALTER TABLE holdfast." + table + " ADD CONSTRAINT " + key[0] + " " +
                       key[1]);
    }
    for (const auto& index : indexes) {
      postgres.run("DROP INDEX " + index[0]);
      again_.push_back(index[1]);
    }
  }
}

void IndexHoliday::restore() {
  for (const auto& sql : again_) postgres_.run(sql);
}

}  // namespace holdfast::bench
