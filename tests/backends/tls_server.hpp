// A PostgreSQL that speaks TLS, with certificates of an authority made for the occasion.
#pragma once

#include <string>

#include "cluster.hpp"
#include "process.hpp"

namespace holdfast::test {

/// The role `shop` gives a password; its database is `shop`. The server is `kHost` by its
/// certificate, and 0.0.0.0, a number of this machine that does not look like one.
class TlsServer {
 public:
  static constexpr const char* kHost = "db.holdfast.test";
  static constexpr const char* kPassword = "s3cret/Pass@word";

  /// With the certificate `good`.
  TlsServer();

  /// From now on it has the certificate `good` or `expired`, or with `none` does without TLS.
  void present(const std::string& certificate);

  /// Everything but host, hostaddr and TLS.
  std::string login() const;
  int port() const { return cluster_.port(); }
  /// With the authority's certificate in ca.crt, and that of another one in stranger.crt.
  const std::string& folder() const { return folder_.path(); }

 private:
  void openssl(std::vector<std::string> arguments) const;
  void make_authority(const std::string& name) const;
  void sign(const std::string& name, const std::string& days) const;

  TemporaryFolder folder_;
  PrivateCluster cluster_;
};

}  // namespace holdfast::test
