#include "storage/backends.hpp"

namespace holdfast {
namespace {

Error configuration(std::string message) {
  return {.status = Status::kConfiguration, .retry = Retry::kNever, .message = std::move(message)};
}

}  // namespace

Result<std::unique_ptr<Storage>> open_storage(std::string_view uri, const StorageOptions& options) {
  if (uri == "memory:") return open_memory(options);
  if (uri.starts_with("sqlite:")) {
#ifdef HOLDFAST_WITH_SQLITE
    return open_sqlite(uri.substr(7), options);
#else
    return configuration("this build has no SQLite backend (HOLDFAST_SQLITE=OFF)");
#endif
  }
  if (uri.starts_with("postgres:") || uri.starts_with("postgresql:")) {
#ifdef HOLDFAST_WITH_POSTGRES
    const bool is_uri =
        uri.find("://") != std::string_view::npos && uri.find("://") < uri.find('=');
    return open_postgres(is_uri ? uri : uri.substr(uri.find(':') + 1), options);
#else
    return configuration("this build has no PostgreSQL backend (HOLDFAST_POSTGRES=OFF)");
#endif
  }
  return configuration("unknown address: use sqlite:PATH, postgres://..., or memory:");
}

}  // namespace holdfast
