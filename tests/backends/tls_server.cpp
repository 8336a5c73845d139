#include "tls_server.hpp"

#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace holdfast::test {
namespace {

const char* const kServerUser = ::geteuid() == 0 ? "postgres" : "";

}  // namespace

TlsServer::TlsServer() : folder_(kServerUser) {
  make_authority("ca");
  make_authority("stranger");
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", "/CN=server", "-addext",
           std::string("subjectAltName=DNS:") + kHost + ",IP:0.0.0.0", "-keyout",
           folder() + "/server.key", "-out", folder() + "/server.csr"});
  sign("good", "2");
  sign("expired", "-1");
  Sql admin(cluster_.create_database("shop"));
  admin.run(std::string("CREATE ROLE shop LOGIN SUPERUSER PASSWORD '") + kPassword + "'");
  admin.run("ALTER SYSTEM SET ssl_key_file = '" + folder() + "/server.key'");
  present("good");
}

void TlsServer::openssl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "openssl");
  const std::string log = folder() + "/openssl.log";
  if (Process(arguments, kServerUser, log).wait(60) != 0) throw std::runtime_error(read_file(log));
}

void TlsServer::make_authority(const std::string& name) const {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", "/CN=" + name, "-days", "2", "-keyout", folder() + "/" + name + ".key", "-out",
           folder() + "/" + name + ".crt"});
}

void TlsServer::sign(const std::string& name, const std::string& days) const {
  openssl({"x509", "-req", "-in", folder() + "/server.csr", "-CA", folder() + "/ca.crt", "-CAkey",
           folder() + "/ca.key", "-copy_extensions", "copy", "-days", days, "-out",
           folder() + "/" + name + ".crt"});
}

void TlsServer::present(const std::string& certificate) {
  const bool has_tls = certificate != "none";
  const std::string file = folder() + "/" + (has_tls ? certificate : "good") + ".crt";
  Sql admin(cluster_.conninfo());
  admin.run("ALTER SYSTEM SET ssl_cert_file = '" + file + "'");
  admin.run(std::string("ALTER SYSTEM SET ssl = ") + (has_tls ? "on" : "off"));
  admin.run("SELECT pg_reload_conf()");
  const std::string wanted = file + (has_tls ? " on" : " off");
  for (int i = 0; i < 1000; ++i) {
    // A session is a child of the process that takes connections, and knows what that one knows.
    Sql session(cluster_.conninfo());
    if (session.value("SHOW ssl_cert_file") + " " + session.value("SHOW ssl") == wanted) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("the server keeps its certificate: " + cluster_.log());
}

std::string TlsServer::login() const {
  return "port=" + std::to_string(port()) + " user=shop dbname=shop password='" + kPassword + "'";
}

}  // namespace holdfast::test
