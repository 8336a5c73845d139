// The limit on PostgreSQL: libpq's pipeline mode, binary both ways, two round trips for a batch.
#include <libpq-fe.h>

#include <array>
#include <cstring>
#include <initializer_list>

#include "limit.hpp"

namespace holdfast::bench {
namespace {

using ResultPtr = std::unique_ptr<PGresult, void (*)(PGresult*)>;

constexpr int kEpochDays = 10957;  // 2000-01-01, where PostgreSQL counts from

struct Statement {
  const char* name;
  const char* sql;
};

// The engine names its settings in every transaction, because a pooler may lie between.
constexpr const char* kSession =
    "SET jit = off; SET enable_seqscan = off; SET enable_bitmapscan = off; "
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; "
    "SET random_page_cost = 0.1; SET plan_cache_mode = force_generic_plan";

constexpr Statement kBegin{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Statement kCommit{"commit", "COMMIT"};

#define HOLDFAST_HOLD_COLUMNS                                                             \
  "resource_id, id, dates, quantity, customer_email, holder, idempotency_token, status, " \
  "expires_at, group_id, created_at, updated_at, item_no, fingerprint"
#define HOLDFAST_LINES                                         \
  "unnest($1::int4[], $2::text[], $3::date[], $4::date[]) AS " \
  "k(ord, key, first, last) CROSS JOIN LATERAL "

constexpr Statement kDue{
    "due",
    "SELECT c.now, d.* FROM (SELECT clock_timestamp() AS now) c "
    "LEFT JOIN LATERAL (SELECT (k.ord - 1)::int4 AS ord, h.* "
    "FROM unnest($1::text[]) WITH ORDINALITY AS k(key, ord) "
    "CROSS JOIN LATERAL (SELECT " HOLDFAST_HOLD_COLUMNS
    " FROM holdfast.resource_holds WHERE resource_id = k.key AND status = 'ACTIVE' "
    "AND expires_at <= c.now ORDER BY resource_id, expires_at LIMIT 101) h) d ON true"};

constexpr Statement kResources{
    "resources",
    "SELECT (k.ord - 1)::int4, r.* FROM unnest($1::text[]) WITH ORDINALITY AS k(key, ord) "
    "CROSS JOIN LATERAL (SELECT timezone, is_active, deleted_at "
    "FROM holdfast.resources WHERE id = k.key LIMIT 1) r"};

constexpr Statement kCapacity{
    "capacity", "SELECT k.ord, c.* FROM " HOLDFAST_LINES
                "(SELECT date, max_capacity, available_capacity FROM holdfast.resource_capacity "
                "WHERE resource_id = k.key AND date >= k.first AND date <= k.last "
                "ORDER BY resource_id, date LIMIT 366) c"};

constexpr Statement kBlackouts{
    "blackouts",
    "SELECT k.ord, b.* FROM " HOLDFAST_LINES
    "(SELECT resource_id, id, start_date, end_date, reason, created_at, deleted_at "
    "FROM holdfast.resource_blackouts WHERE resource_id = k.key AND deleted_at IS NULL "
    "AND end_date >= k.first AND start_date <= k.last ORDER BY resource_id, end_date OFFSET 0) b"};

constexpr Statement kTake{"take",
                          "UPDATE holdfast.resource_capacity AS c SET available_capacity = "
                          "c.available_capacity - d.taken "
                          "FROM unnest($1::text[], $2::date[], $3::date[], $4::int4[]) "
                          "AS d(key, first, last, taken) WHERE c.resource_id = d.key "
                          "AND c.date >= d.first AND c.date <= d.last"};

std::string insert_sql(int stay) {
  std::string dates = "u.day";
  for (int day = 1; day < stay; ++day) dates += ", u.day + " + std::to_string(day);
  return "INSERT INTO holdfast.resource_holds (" HOLDFAST_HOLD_COLUMNS
         ") SELECT u.key, u.id, ARRAY[" +
         dates + "], 1, '" + kLimitEmail +
         "', '', u.token, 'ACTIVE', $7::timestamptz, '', $6::timestamptz, $6::timestamptz, 0, "
         "u.fingerprint FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[]) "
         "AS u(key, id, day, token, fingerprint)";
}

// One array in the binary format. Its memory is kept from batch to batch.
class Array {
 public:
  explicit Array(std::uint32_t oid) {
    for (const std::uint32_t word : {1U, 0U, oid, 0U, 1U}) append(word);
  }
  void clear() {
    bytes_.resize(kHeader);
    count_ = 0;
  }
  void add(std::string_view text) {
    append(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
    ++count_;
  }
  void add(int value) {
    append(4);
    append(static_cast<std::uint32_t>(value));
    ++count_;
  }
  std::string_view bytes() {
    const std::uint32_t count = __builtin_bswap32(count_);
    std::memcpy(bytes_.data() + kCountAt, &count, sizeof count);
    return bytes_;
  }

 private:
  static constexpr std::size_t kHeader = 20;  // dimensions, flags, type, count, lower bound
  static constexpr std::size_t kCountAt = 12;
  void append(std::uint32_t word) {
    const std::uint32_t wire = __builtin_bswap32(word);
    bytes_.append(reinterpret_cast<const char*>(&wire), sizeof wire);
  }
  std::string bytes_;
  std::uint32_t count_ = 0;
};

class Texts : public Array {
 public:
  Texts() : Array(25) {}
};
class Numbers : public Array {
 public:
  Numbers() : Array(23) {}
};
class Days : public Array {
 public:
  Days() : Array(1082) {}
};

class PostgresLimit final : public LimitDatabase {
 public:
  PostgresLimit(const std::string& uri, const LimitPlan& plan);
  void book(LimitBatch& batch) override;

 private:
  [[noreturn]] void fail() { die(PQerrorMessage(connection_.get())); }
  void prepare(const Statement& statement);
  void send(const Statement& statement, std::initializer_list<std::string_view> parameters = {});
  void sync() {
    if (PQpipelineSync(connection_.get()) == 0) fail();
  }
  ResultPtr take();
  void take_sync();
  void encode_reads(const LimitBatch& batch);
  void encode_writes(const LimitBatch& batch);
  void take_now(const PGresult* due);

  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  const int first_day_;
  Texts keys_;
  Numbers run_places_;
  Texts run_keys_;
  Days run_first_, run_last_;
  Texts hold_keys_, hold_ids_, hold_tokens_, hold_fingerprints_;
  Days hold_days_;
  Texts taken_keys_;
  Days taken_first_;
  Days taken_last_;
  Numbers taken_;
  std::array<char, 8> now_{};
  std::array<char, 8> expires_{};
};

PostgresLimit::PostgresLimit(const std::string& uri, const LimitPlan& plan)
    : connection_(PQconnectdb(uri.c_str()), PQfinish),
      first_day_(static_cast<int>(plan.shop.first_day.time_since_epoch().count()) - kEpochDays) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) fail();
  const ResultPtr set(PQexec(connection_.get(), kSession), PQclear);
  if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) fail();
  for (const Statement& statement :
       {kBegin, kDue, kResources, kCapacity, kBlackouts, kTake, kCommit}) {
    prepare(statement);
  }
  const std::string insert = insert_sql(plan.stay);
  prepare({"insert", insert.c_str()});
  if (PQenterPipelineMode(connection_.get()) == 0) fail();
}

void PostgresLimit::prepare(const Statement& statement) {
  const ResultPtr done(PQprepare(connection_.get(), statement.name, statement.sql, 0, nullptr),
                       PQclear);
  if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) fail();
}

void PostgresLimit::send(const Statement& statement,
                         std::initializer_list<std::string_view> parameters) {
  constexpr std::size_t kMost = 8;
  std::array<const char*, kMost> values{};
  std::array<int, kMost> lengths{};
  static constexpr std::array<int, kMost> kBinary{1, 1, 1, 1, 1, 1, 1, 1};
  std::size_t count = 0;
  for (const std::string_view bytes : parameters) {
    values[count] = bytes.data();
    lengths[count++] = static_cast<int>(bytes.size());
  }
  if (PQsendQueryPrepared(connection_.get(), statement.name, static_cast<int>(count), values.data(),
                          lengths.data(), kBinary.data(), 1) == 0) {
    fail();
  }
}

// The answer to one statement, and the null that ends it.
ResultPtr PostgresLimit::take() {
  ResultPtr result(PQgetResult(connection_.get()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail();
  if (PQgetResult(connection_.get()) != nullptr) die("more answers than questions");
  return result;
}

void PostgresLimit::take_sync() {
  const ResultPtr result(PQgetResult(connection_.get()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) fail();
}

void PostgresLimit::encode_reads(const LimitBatch& batch) {
  keys_.clear();
  for (int place = 0; place < batch.resources(); ++place) keys_.add(batch.resource(place));
  for (Array* array : {static_cast<Array*>(&run_places_), static_cast<Array*>(&run_keys_),
                       static_cast<Array*>(&run_first_), static_cast<Array*>(&run_last_)}) {
    array->clear();
  }
  for (const auto& run : batch.runs()) {
    run_places_.add(run.place);
    run_keys_.add(batch.resource(run.place));
    run_first_.add(first_day_ + run.first);
    run_last_.add(first_day_ + run.last);
  }
  hold_keys_.clear();
  hold_tokens_.clear();
  for (const auto& hold : batch.holds()) {
    hold_keys_.add(batch.resource(hold.place));
    hold_tokens_.add(hold.token);
  }
}

void PostgresLimit::encode_writes(const LimitBatch& batch) {
  hold_ids_.clear();
  hold_days_.clear();
  hold_fingerprints_.clear();
  for (const auto& hold : batch.holds()) {
    hold_ids_.add(hold.id);
    hold_days_.add(first_day_ + hold.first);
    hold_fingerprints_.add(hold.fingerprint);
  }
  taken_keys_.clear();
  taken_first_.clear();
  taken_last_.clear();
  taken_.clear();
  for (const auto& taken : batch.taken()) {
    taken_keys_.add(batch.resource(taken.place));
    taken_first_.add(first_day_ + taken.first);
    taken_last_.add(first_day_ + taken.last);
    taken_.add(taken.places);
  }
}

void PostgresLimit::take_now(const PGresult* due) {
  std::memcpy(now_.data(), PQgetvalue(due, 0, 0), now_.size());
  std::uint64_t micros = 0;
  std::memcpy(&micros, now_.data(), now_.size());
  micros = __builtin_bswap64(__builtin_bswap64(micros) + std::uint64_t{kLimitTtlMicros});
  std::memcpy(expires_.data(), &micros, expires_.size());
}

void PostgresLimit::book(LimitBatch& batch) {
  encode_reads(batch);
  send(kBegin);
  send(kDue, {keys_.bytes()});
  send(kResources, {keys_.bytes()});
  for (const Statement& statement : {kCapacity, kBlackouts}) {
    send(statement,
         {run_places_.bytes(), run_keys_.bytes(), run_first_.bytes(), run_last_.bytes()});
  }
  sync();
  encode_writes(batch);
  take();
  take_now(take().get());
  for (int i = 0; i < 3; ++i) take();
  take_sync();

  send(kTake, {taken_keys_.bytes(), taken_first_.bytes(), taken_last_.bytes(), taken_.bytes()});
  send({"insert", ""}, {hold_keys_.bytes(),
                        hold_ids_.bytes(),
                        hold_days_.bytes(),
                        hold_tokens_.bytes(),
                        hold_fingerprints_.bytes(),
                        {now_.data(), now_.size()},
                        {expires_.data(), expires_.size()}});
  send(kCommit);
  sync();
  // All of it is sent: the next batch is made while the server writes this one.
  batch.choose();
  take();
  take();
  const ResultPtr committed = take();
  if (std::string_view(PQcmdStatus(committed.get())) != "COMMIT") die("not committed");
  take_sync();
}

}  // namespace

std::unique_ptr<LimitDatabase> open_limit_postgres(const std::string& uri, const LimitPlan& plan) {
  return std::make_unique<PostgresLimit>(uri, plan);
}

std::string limit_postgres_version() {
  const int version = PQlibVersion();
  return std::to_string(version / 10000) + "." + std::to_string(version % 10000);
}

}  // namespace holdfast::bench
