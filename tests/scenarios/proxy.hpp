// A loopback wire to a PostgreSQL server that can be cut at the worst moment.
#pragma once

#include <memory>
#include <string>

namespace holdfast::test {

/// Forwards connections to the server of `conninfo`. Without TLS, so that it can read along.
class Proxy {
 public:
  explicit Proxy(const std::string& conninfo);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy();

  /// The same database through the proxy.
  std::string conninfo() const;
  /// The next connection whose COMMIT the server has carried out is closed before it hears of it.
  void cut_next_commit();
  int cuts() const;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace holdfast::test
