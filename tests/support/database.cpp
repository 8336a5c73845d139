#include "support/database.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <utility>

#ifdef HOLDFAST_WITH_SQLITE
#include <sqlite3.h>
#endif
#ifdef HOLDFAST_WITH_POSTGRES
#include <libpq-fe.h>
#endif

namespace holdfast::test {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool built(const std::string& name) {
#ifdef HOLDFAST_WITH_SQLITE
  if (name == "sqlite") return true;
#endif
#ifdef HOLDFAST_WITH_POSTGRES
  if (name == "postgres") return true;
#endif
  return name == "memory";
}

}  // namespace

std::vector<Backend> backends() {
  std::string wanted = environment("HOLDFAST_TEST_BACKENDS");
  const bool has_server = !environment("HOLDFAST_TEST_POSTGRES").empty();
  if (wanted.empty()) wanted = has_server ? "memory,sqlite,postgres" : "memory,sqlite";
  std::vector<Backend> out;
  std::istringstream names(wanted);
  for (std::string name; std::getline(names, name, ',');) {
    if (name != "memory" && name != "sqlite" && name != "postgres") {
      throw std::runtime_error("HOLDFAST_TEST_BACKENDS names an unknown backend: " + name);
    }
    if (!built(name)) continue;
    if (name == "postgres" && !has_server) {
      throw std::runtime_error("postgres tests need HOLDFAST_TEST_POSTGRES, a libpq conninfo");
    }
    const bool is_database = name != "memory";
    out.push_back({.name = name, .persistent = is_database, .has_checks = is_database});
  }
  return out;
}

class Database::Home {
 public:
  Home() = default;
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  virtual ~Home() = default;
  virtual std::string uri() const = 0;
  virtual std::string address() const = 0;
  virtual Result<std::unique_ptr<Storage>> open(const StorageOptions& options,
                                                Seams seams) const = 0;
  virtual void execute(const std::string& sql) const = 0;
};

class Database::Nowhere final : public Database::Home {
 public:
  std::string uri() const override { return "memory:"; }
  std::string address() const override { return {}; }
  Result<std::unique_ptr<Storage>> open(const StorageOptions& options, Seams seams) const override {
    return open_memory(options, seams);
  }
  void execute(const std::string&) const override {
    throw std::logic_error("the in-memory backend knows no SQL");
  }
};

#ifdef HOLDFAST_WITH_SQLITE
class Database::File final : public Database::Home {
 public:
  File() {
    std::string folder = (std::filesystem::temp_directory_path() / "holdfast-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make " + folder);
    folder_ = folder;
  }
  ~File() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string uri() const override { return "sqlite:" + address(); }
  std::string address() const override { return (folder_ / "holdfast.db").string(); }
  Result<std::unique_ptr<Storage>> open(const StorageOptions& options, Seams seams) const override {
    return open_sqlite(address(), options, seams);
  }

  void execute(const std::string& sql) const override {
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open(address().c_str(), &opened);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> file(opened, sqlite3_close);
    char* message = nullptr;
    if (rc != SQLITE_OK || sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, &message) != 0) {
      const std::string text = message == nullptr ? "cannot open the file" : message;
      sqlite3_free(message);
      throw std::runtime_error(text);
    }
  }

 private:
  std::filesystem::path folder_;
};
#endif

#ifdef HOLDFAST_WITH_POSTGRES
namespace {

void run(const std::string& conninfo, const std::string& sql) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(conninfo.c_str()),
                                                              PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()),
                                                              PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQresultErrorMessage(result.get()));
  }
}

/// `conninfo`, a URI too, as key=value text without dbname, so that another can be appended.
std::string without_dbname(const std::string& conninfo) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(conninfo.c_str(), &message), PQconninfoFree);
  if (!options) throw std::runtime_error("HOLDFAST_TEST_POSTGRES is no libpq conninfo");
  std::string out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::string_view(option->keyword) == "dbname") continue;
    out += std::string(option->keyword) + "='";
    for (const char* c = option->val; *c != '\0'; ++c) {
      if (*c == '\'' || *c == '\\') out += '\\';
      out += *c;
    }
    out += "' ";
  }
  return out;
}

/// Databases of this process, so that test executables can share one server. Making one takes
/// longer than emptying one, so they are used again.
class ServerDatabases {
 public:
  static ServerDatabases& instance() {
    static ServerDatabases all;
    return all;
  }

  std::string take() {
    const std::scoped_lock guard(mutex_);
    if (free_.empty()) {
      std::random_device random;
      const std::string name = "holdfast_test_" + std::to_string(::getpid()) + "_" +
                               std::to_string(random()) + "_" + std::to_string(made_.size());
      run(admin_, "CREATE DATABASE " + name + " ENCODING 'UTF8' TEMPLATE template0");
      made_.push_back(name);
      return name;
    }
    std::string name = std::move(free_.back());
    free_.pop_back();
    return name;
  }

  void give_back(std::string name) {
    const std::scoped_lock guard(mutex_);
    free_.push_back(std::move(name));
  }

  std::string conninfo(const std::string& name) const { return server_ + "dbname=" + name; }

 private:
  ServerDatabases()
      : admin_(environment("HOLDFAST_TEST_POSTGRES")), server_(without_dbname(admin_)) {}
  ~ServerDatabases() {
    for (const std::string& name : made_) {
      try {
        run(admin_, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
      } catch (const std::exception&) {
        // The server may have been stopped already; then its databases go with it.
      }
    }
  }

  const std::string admin_;
  const std::string server_;
  std::mutex mutex_{};
  std::vector<std::string> made_{};
  std::vector<std::string> free_{};
};

}  // namespace

class Database::Server final : public Database::Home {
 public:
  Server() : name_(ServerDatabases::instance().take()) {
    run(address(), "DROP SCHEMA IF EXISTS holdfast CASCADE");
    if (!roles_.empty()) make_roles();
  }
  ~Server() override { ServerDatabases::instance().give_back(name_); }

  std::string uri() const override { return "postgres:" + login("holdfast_app"); }
  std::string address() const override { return ServerDatabases::instance().conninfo(name_); }
  Result<std::unique_ptr<Storage>> open(const StorageOptions& options, Seams seams) const override {
    return open_postgres(login("holdfast_app"), options, seams);
  }
  void execute(const std::string& sql) const override { run(address(), sql); }

 private:
  /// As `role`, where there are roles; else as whoever runs the tests.
  std::string login(const std::string& role) const {
    return roles_.empty() ? address() : address() + " options='-c role=" + role + "'";
  }
  void make_roles() const {
    std::ostringstream script;
    script << std::ifstream(roles_).rdbuf();
    run(address(), script.str());
    const auto migrated = must(open_postgres(login("holdfast_owner"), {}))->migrate();
    if (!migrated.ok()) throw std::runtime_error(describe(migrated.error()));
    run(address(), script.str());
  }

  const std::string name_;
  const std::string roles_ = environment("HOLDFAST_TEST_ROLES");
};
#endif

Database::Database(Backend backend) : backend_(std::move(backend)) {
#ifdef HOLDFAST_WITH_SQLITE
  if (backend_.name == "sqlite") home_ = std::make_unique<File>();
#endif
#ifdef HOLDFAST_WITH_POSTGRES
  if (backend_.name == "postgres") home_ = std::make_unique<Server>();
#endif
  if (!home_) home_ = std::make_unique<Nowhere>();
}

Database::~Database() = default;

const Backend& Database::backend() const { return backend_; }
std::string Database::uri() const { return home_->uri(); }
std::string Database::address() const { return home_->address(); }
void Database::execute(const std::string& sql) const { home_->execute(sql); }

std::unique_ptr<Storage> Database::open(const StorageOptions& options, Seams seams) const {
  return must(home_->open(options, seams));
}

std::unique_ptr<Storage> Database::open_migrated(const StorageOptions& options, Seams seams) const {
  auto storage = open(options, seams);
  must(storage->migrate());
  return storage;
}

}  // namespace holdfast::test
