#include "cluster.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;
constexpr const char* kUser = "postgres";

/// The newest server that is installed.
std::string find_binaries() {
  std::string found;
  int newest = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest && fs::exists(entry.path() / "bin/initdb")) {
      newest = version;
      found = (entry.path() / "bin").string();
    }
  }
  if (found.empty()) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen("pg_config --bindir", "r"), ::pclose);
    char line[4096] = {};
    if (pipe && std::fgets(line, sizeof line, pipe.get()) != nullptr) found = line;
    while (!found.empty() && found.back() == '\n') found.pop_back();
  }
  if (!fs::exists(found + "/initdb")) throw std::runtime_error("no PostgreSQL server installed");
  return found;
}

std::string server_user() { return ::geteuid() == 0 ? kUser : ""; }

}  // namespace

bool has_postgres() { return !environment("HOLDFAST_TEST_POSTGRES").empty(); }

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool ready = ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  if (!ready) throw std::runtime_error("no loopback port");
  return ntohs(address.sin_port);
}

// ---- Sql ----------------------------------------------------------------------------------------

Sql::Sql(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str()), PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

std::vector<std::string> Sql::column(const std::string& statement) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
      PQexec(connection_.get(), statement.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  std::vector<std::string> out;
  for (int i = 0; i < PQntuples(result.get()); ++i)
    out.emplace_back(PQgetvalue(result.get(), i, 0));
  return out;
}

std::string Sql::value(const std::string& statement) {
  const auto rows = column(statement);
  return rows.empty() ? "" : rows.front();
}

// ---- PrivateCluster -----------------------------------------------------------------------------

PrivateCluster::PrivateCluster(std::vector<std::string> settings,
                               std::vector<std::string> environment)
    : settings_(std::move(settings)),
      environment_(std::move(environment)),
      folder_(server_user()),
      log_path_(folder_.path() + "/server.log"),
      bin_(find_binaries()),
      port_(free_port()) {
  Process initdb({bin_ + "/initdb", "-D", folder_.path() + "/data", "-U", kUser, "-A", "trust",
                  "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"},
                 server_user(), log_path_);
  if (initdb.wait(120) != 0) throw std::runtime_error("initdb failed: " + log());
  const std::string hba = folder_.path() + "/data/pg_hba.conf";
  write_file(hba, "host all shop 127.0.0.1/32 scram-sha-256\n" + read_file(hba));
  start();
}

PrivateCluster::PrivateCluster(StandbyOf of)
    : settings_({"cluster_name=standby"}),
      folder_(server_user()),
      log_path_(folder_.path() + "/server.log"),
      bin_(find_binaries()),
      port_(free_port()) {
  Process copy({bin_ + "/pg_basebackup", "-D", folder_.path() + "/data", "-h",
                of.primary.socket_folder(), "-p", std::to_string(of.primary.port()), "-U", kUser,
                "--checkpoint=fast", "--no-sync", "--write-recovery-conf"},
               server_user(), log_path_);
  if (copy.wait(120) != 0) throw std::runtime_error("pg_basebackup failed: " + log());
  start();
}

PrivateCluster::~PrivateCluster() {
  // An immediate stop: nobody needs what it holds.
  if (server_) server_->signal(SIGQUIT);
  if (server_) server_->wait(20);
}

void PrivateCluster::start() {
  std::vector<std::string> command = {bin_ + "/postgres", "-D", folder_.path() + "/data", "-p",
                                      std::to_string(port_)};
  std::vector<std::string> settings = {"listen_addresses=127.0.0.1",
                                       "unix_socket_directories=" + folder_.path(),
                                       "log_line_prefix=%a|", "max_connections=60"};
  settings.insert(settings.end(), settings_.begin(), settings_.end());
  for (const auto& setting : settings) command.insert(command.end(), {"-c", setting});
  server_ = std::make_unique<Process>(command, server_user(), log_path_, environment_);
  wait_until_ready();
}

void PrivateCluster::wait_until_ready() {
  for (int i = 0; i < 1000; ++i) {
    if (PQping(conninfo().c_str()) == PQPING_OK) return;
    // After a SIGKILL the old backends may still hold the shared memory for a moment.
    if (!server_->running()) return start();
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  throw std::runtime_error("the server does not start: " + log());
}

void PrivateCluster::stop_fast() {
  server_->signal(SIGINT);
  server_->wait(60);
}

void PrivateCluster::kill() {
  server_->signal(SIGKILL);
  server_->wait(10);
}

std::vector<pid_t> PrivateCluster::children(const std::string& title) const {
  const std::string id = std::to_string(server_->pid());
  std::istringstream ids(read_file("/proc/" + id + "/task/" + id + "/children"));
  std::vector<pid_t> out;
  for (pid_t child = 0; ids >> child;) {
    const std::string called = read_file("/proc/" + std::to_string(child) + "/cmdline");
    if (called.find(title) != std::string::npos) out.push_back(child);
  }
  return out;
}

void PrivateCluster::kill_all() {
  // The postmaster first and stopped, so that it neither hears of a child's end nor starts another.
  server_->signal(SIGSTOP);
  for (const pid_t child : children()) ::kill(child, SIGKILL);
  kill();
}

void PrivateCluster::quit() {
  server_->signal(SIGQUIT);
  server_->wait(60);
}

void PrivateCluster::kill_child(std::uint64_t pick) {
  const auto all = children();
  if (!all.empty()) ::kill(all[pick % all.size()], SIGKILL);
}

void PrivateCluster::promote() { Sql(conninfo()).run("SELECT pg_promote(true, 60)"); }

std::string PrivateCluster::conninfo(const std::string& dbname) const {
  return "host=" + folder_.path() + " port=" + std::to_string(port_) + " user=" + kUser +
         " dbname=" + dbname;
}

std::string PrivateCluster::tcp(const std::string& rest) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " " + rest;
}

std::string PrivateCluster::create_database(const std::string& name) const {
  Sql(conninfo()).run("CREATE DATABASE " + name);
  return conninfo(name);
}

// ---- Bouncer ------------------------------------------------------------------------------------

Bouncer::Bouncer(const PrivateCluster& cluster, int pool_size)
    : folder_(server_user()), port_(free_port()) {
  const std::string& path = folder_.path();
  write_file(path + "/users.txt", "\"postgres\" \"\"\n");
  write_file(path + "/pgbouncer.ini",
             "[databases]\n* = host=" + cluster.socket_folder() +
                 " port=" + std::to_string(cluster.port()) +
                 " user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " +
                 std::to_string(port_) + "\nunix_socket_dir = " + path +
                 "\nauth_type = trust\nauth_file = " + path +
                 "/users.txt\npool_mode = transaction\ndefault_pool_size = " +
                 std::to_string(pool_size) + "\nmax_client_conn = 100\n");
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/pgbouncer", path + "/pgbouncer.ini"}, server_user(),
      path + "/pgbouncer.log");
  for (int i = 0; i < 300; ++i) {
    if (PQping(conninfo("postgres").c_str()) == PQPING_OK) return;
    if (!process_->running())
      throw std::runtime_error("no pgbouncer: " + read_file(path + "/pgbouncer.log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error("pgbouncer does not start");
}

std::string Bouncer::conninfo(const std::string& dbname) const {
  return "host=" + folder_.path() + " port=" + std::to_string(port_) +
         " user=postgres dbname=" + dbname;
}

}  // namespace holdfast::test
