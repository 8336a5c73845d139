#include "storage/postgres/schema.hpp"

#include <charconv>
#include <iterator>
#include <string>

#include "holdfast/operations.hpp"
#include "storage/postgres/lock_key.hpp"

namespace holdfast::postgres {
namespace {

// resource_id leads every primary key and unique constraint, ids and tokens are text COLLATE "C"
// everywhere, and there is no sequence, trigger or foreign key: so that the tables can be sharded
// by resource without a change. See src/storage/README.md.
//
// Every index beside a primary key has a condition, also where all rows meet it, and a query that
// wants the index repeats the condition. Otherwise a lookup by primary key that is planned while
// the table is empty may take the resource_id of another index and filter the rest, which costs the
// same then, and keep that plan until the table is analysed.
//
// Lists order by (created_at, id), but their indexes have created_at alone: what one batch makes
// has one created_at, so a page sorts few rows, and a row costs 60 bytes less.
constexpr const char* kVersion1[] = {
    R"(CREATE TABLE holdfast.schema_info (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  value text COLLATE "C" NOT NULL))",

    R"(CREATE TABLE holdfast.resources (
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  metadata jsonb NOT NULL,
  timezone text COLLATE "C" NOT NULL,
  is_active boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT resources_pkey PRIMARY KEY (id)))",
    "CREATE INDEX resources_created ON holdfast.resources (created_at, id)",

    R"(CREATE TABLE holdfast.resource_capacity (
  resource_id text COLLATE "C" NOT NULL,
  date date NOT NULL,
  max_capacity integer NOT NULL,
  available_capacity integer NOT NULL,
  CONSTRAINT resource_capacity_pkey PRIMARY KEY (resource_id, date),
  CONSTRAINT resource_capacity_range
    CHECK (0 <= available_capacity AND available_capacity <= max_capacity
           AND max_capacity <= 1000000))
  WITH (fillfactor = 70))",

    R"(CREATE TABLE holdfast.resource_holds (
  resource_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  dates date[] NOT NULL,
  quantity integer NOT NULL,
  customer_email text NOT NULL,
  holder text COLLATE "C" NOT NULL,
  idempotency_token text COLLATE "C" NOT NULL,
  item_no integer NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL,
  group_id text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT resource_holds_pkey PRIMARY KEY (resource_id, id),
  CONSTRAINT resource_holds_item CHECK (item_no >= 0),
  CONSTRAINT resource_holds_quantity CHECK (quantity >= 1),
  CONSTRAINT resource_holds_dates CHECK (cardinality(dates) >= 1),
  CONSTRAINT resource_holds_status
    CHECK (status IN ('ACTIVE', 'CONFIRMED', 'RELEASED', 'EXPIRED'))))",
    R"(CREATE UNIQUE INDEX resource_holds_token
  ON holdfast.resource_holds (resource_id, idempotency_token, item_no) WHERE item_no >= 0)",
    R"(CREATE INDEX resource_holds_due ON holdfast.resource_holds (resource_id, expires_at)
  WHERE status = 'ACTIVE')",
    R"(CREATE INDEX resource_holds_ended ON holdfast.resource_holds (resource_id, updated_at)
  WHERE status IN ('RELEASED', 'EXPIRED'))",
    "CREATE INDEX resource_holds_created ON holdfast.resource_holds (created_at)",
    R"(CREATE INDEX resource_holds_email ON holdfast.resource_holds (customer_email)
  WHERE customer_email <> '')",
    R"(CREATE INDEX resource_holds_group ON holdfast.resource_holds (group_id)
  WHERE group_id <> '')",

    R"(CREATE TABLE holdfast.resource_allocations (
  resource_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  hold_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  line_item_id text COLLATE "C" NOT NULL,
  dates date[] NOT NULL,
  first_date date NOT NULL,
  last_date date NOT NULL,
  quantity integer NOT NULL,
  status text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  cancelled_at timestamptz,
  CONSTRAINT resource_allocations_pkey PRIMARY KEY (resource_id, id),
  CONSTRAINT resource_allocations_hold CHECK (hold_id <> ''),
  CONSTRAINT resource_allocations_quantity CHECK (quantity >= 1),
  CONSTRAINT resource_allocations_dates CHECK (first_date <= last_date),
  CONSTRAINT resource_allocations_status CHECK (status IN ('CONFIRMED', 'CANCELLED'))))",
    R"(CREATE UNIQUE INDEX resource_allocations_of_hold
  ON holdfast.resource_allocations (resource_id, hold_id) WHERE hold_id <> '')",
    R"(CREATE INDEX resource_allocations_order
  ON holdfast.resource_allocations (order_id, line_item_id))",
    R"(CREATE INDEX resource_allocations_booked
  ON holdfast.resource_allocations (resource_id, last_date) WHERE status = 'CONFIRMED')",
    "CREATE INDEX resource_allocations_created ON holdfast.resource_allocations (created_at)",

    R"(CREATE TABLE holdfast.resource_blackouts (
  resource_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  start_date date NOT NULL,
  end_date date NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT resource_blackouts_pkey PRIMARY KEY (resource_id, id),
  CONSTRAINT resource_blackouts_dates CHECK (start_date <= end_date)))",
    R"(CREATE INDEX resource_blackouts_end ON holdfast.resource_blackouts (resource_id, end_date)
  WHERE deleted_at IS NULL)",
    R"(CREATE INDEX resource_blackouts_deleted
  ON holdfast.resource_blackouts (resource_id, deleted_at) WHERE deleted_at IS NOT NULL)",

    R"(CREATE TABLE holdfast.commands (
  resource_id text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL,
  token text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  outcome text NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT commands_pkey PRIMARY KEY (resource_id, operation, token)))",
    R"(CREATE INDEX commands_created ON holdfast.commands (resource_id, created_at)
  WHERE operation <> '')",

    "INSERT INTO holdfast.schema_info (name, value) VALUES ('lock_mode', 'advisory')",
};

// The bound that resource_capacity_range repeats.
static_assert(bounds::kCapacityMax == 1'000'000);

struct Migration {
  std::int32_t version;
  const char* const* begin;
  const char* const* end;
};
constexpr Migration kMigrations[] = {{1, std::begin(kVersion1), std::end(kVersion1)}};
static_assert(std::size(kMigrations) == kSchemaVersion);

constexpr int kAttempts = 5;

Error schema_error(std::string message) {
  return {.status = Status::kSchema, .message = "PostgreSQL: " + std::move(message)};
}

Error error_of(const Failure& failure, Phase phase) {
  return make_error(classify(failure.sqlstate, phase), failure.sqlstate, failure.message);
}

// Another program that creates the same names at this moment, or the schema of another project.
bool is_clash(const Failure& failure) {
  return failure.sqlstate == "42P06" || failure.sqlstate == "42P07" || failure.sqlstate == "23505";
}

Result<std::int32_t> parse_info(const Trip& trip, std::size_t step) {
  std::int32_t version = -1;
  std::string mode;
  for (int i = 0; i < trip.rows(step); ++i) {
    Row row(trip.result(step), i);
    const std::string_view name = row.view();
    const std::string_view value = row.view();
    if (name == "lock_mode") mode = value;
    if (name == "version") std::from_chars(value.data(), value.data() + value.size(), version);
  }
  if (version < 1) return schema_error("the schema \"holdfast\" is not one of Holdfast's");
  if (version > kSchemaVersion) {
    return schema_error("the schema has version " + std::to_string(version) +
                        ", this library knows " + std::to_string(kSchemaVersion) +
                        " at most: use a newer library");
  }
  if (mode != kLockMode) {
    return schema_error("the schema was made for lock mode \"" + mode + "\", this library uses \"" +
                        kLockMode + "\"");
  }
  return version;
}

void roll_back(Connection& connection) {
  if (!connection.is_good()) return;
  Trip trip(connection);
  trip.add("ROLLBACK");
  static_cast<void>(trip.run());
}

// Up to the version check, in an open transaction, under the lock that migrations take turns with.
std::optional<Failure> begin_migration(Connection& connection) {
  Trip trip(connection);
  trip.add("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  trip.add(
      "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true), "
      "pg_catalog.set_config('lock_timeout', '60s', true)");
  trip.add("SELECT pg_catalog.pg_advisory_xact_lock($1::bigint)",
           Params().add(lock_key("holdfast schema migration")));
  return trip.run();
}

std::optional<Failure> apply(Connection& connection, std::int32_t from, bool& committing) {
  Trip exists(connection);
  const auto step = exists.add("SELECT pg_catalog.to_regnamespace('holdfast') IS NOT NULL");
  if (auto failure = exists.run()) return failure;
  Trip trip(connection);
  if (!Row(exists.result(step), 0).boolean()) trip.add("CREATE SCHEMA holdfast");
  for (const Migration& migration : kMigrations) {
    if (migration.version <= from) continue;
    for (const char* const* sql = migration.begin; sql != migration.end; ++sql) trip.add(*sql);
  }
  trip.add("DELETE FROM holdfast.schema_info WHERE name = 'version'");
  trip.add("INSERT INTO holdfast.schema_info (name, value) VALUES ('version', $1::text)",
           Params().add(std::to_string(kSchemaVersion)));
  if (auto failure = trip.run()) return failure;
  committing = true;
  Trip commit(connection);
  commit.add("COMMIT");
  return commit.run();
}

// Nothing: it was disturbed in a way that another look at the version clears up.
std::optional<Result<std::int32_t>> try_migrate(Connection& connection, bool is_last) {
  if (auto failure = begin_migration(connection)) return error_of(*failure, Phase::kBefore);
  auto version = schema_version(connection);
  if (!version || *version == kSchemaVersion) {
    roll_back(connection);
    return version;
  }
  bool committing = false;
  const auto failure = apply(connection, *version, committing);
  if (!failure) return Result<std::int32_t>(kSchemaVersion);
  roll_back(connection);
  if (committing) return error_of(*failure, Phase::kAtCommit);
  if (!is_clash(*failure)) return error_of(*failure, Phase::kBefore);
  if (!is_last) return std::nullopt;
  return schema_error("the schema \"holdfast\" holds something that is not Holdfast's: " +
                      failure->message);
}

}  // namespace

Result<std::int32_t> schema_version(Connection& connection) {
  Trip look(connection);
  const auto found = look.add("SELECT pg_catalog.to_regclass('holdfast.schema_info') IS NOT NULL");
  if (auto failure = look.run()) return error_of(*failure, Phase::kBefore);
  if (!Row(look.result(found), 0).boolean()) return 0;
  Trip trip(connection);
  const auto info = trip.add("SELECT name, value FROM holdfast.schema_info");
  if (auto failure = trip.run()) return error_of(*failure, Phase::kBefore);
  return parse_info(trip, info);
}

Result<std::int32_t> migrate_schema(Connection& connection) {
  for (int attempt = 1;; ++attempt) {
    auto done = try_migrate(connection, attempt == kAttempts);
    if (done) return std::move(*done);
  }
}

}  // namespace holdfast::postgres
