#include "storage/sqlite/location.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <system_error>

namespace holdfast::sqlite {
namespace {

namespace fs = std::filesystem;

Error configuration(std::string message) {
  return {.status = Status::kConfiguration,
          .retry = Retry::kNever,
          .message = "sqlite: " + std::move(message)};
}

Result<std::string> file_path(std::string_view text) {
  std::error_code error;
  // Absolute: connections are opened later too, and the host may change its directory meanwhile.
  const fs::path path = fs::absolute(fs::path(text), error);
  if (error) return configuration("the path cannot be resolved: " + error.message());
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return configuration("the path is a directory");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return configuration("the path is not a regular file");
  }
  if (!fs::exists(status) && !fs::is_directory(path.parent_path(), error)) {
    return configuration("the path's directory does not exist or cannot be entered");
  }
  return path.string();
}

}  // namespace

bool has_wal_reset_fix(int library_version) {
  if (library_version >= 3051003) return true;
  if (library_version >= 3050007 && library_version < 3051000) return true;
  return library_version >= 3044006 && library_version < 3045000;
}

const char* name(Journal journal) { return journal == Journal::kWal ? "wal" : "persist"; }

Result<Location> parse_location(std::string_view text) {
  Location location;
  location.journal =
      has_wal_reset_fix(sqlite3_libversion_number()) ? Journal::kWal : Journal::kPersist;

  const auto mark = text.find('?');
  const std::string_view path = text.substr(0, mark);
  const bool has_query = mark != std::string_view::npos;
  const std::string_view query = has_query ? text.substr(mark + 1) : std::string_view();
  if (query == "journal=wal") {
    location.journal = Journal::kWal;
  } else if (query == "journal=persist") {
    location.journal = Journal::kPersist;
  } else if (has_query) {
    return configuration("unknown parameter: only ?journal=wal or ?journal=persist");
  }
  if (path.empty()) return configuration("the path is empty: use sqlite:PATH or sqlite::memory:");
  if (path.find('\0') != std::string_view::npos) return configuration("the path has a zero byte");

  if (path == ":memory:") {
    if (has_query) return configuration("an in-memory database has no journal to choose");
    location.path = ":memory:";
    location.in_memory = true;
    return location;
  }
  Result<std::string> resolved = file_path(path);
  if (!resolved) return std::move(resolved.error());
  location.path = std::move(*resolved);
  return location;
}

}  // namespace holdfast::sqlite
