// What may stand in an address. Nothing is opened: an address from outside could name any host.
#include <string>
#include <vector>

#include "fuzz/bytes.hpp"
#include "storage/backends.hpp"
#include "storage/postgres/connection.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/sqlite/location.hpp"

namespace holdfast::test::fuzz {
namespace {

void check(const Error& error, std::string_view address) {
  promise(error.status == Status::kConfiguration, "a bad address is the configuration's fault");
  promise(error.retry == Retry::kNever, "and stays one");
  const bool quotes = address.find('@') != std::string_view::npos &&
                      error.message.find(address) != std::string::npos;
  promise(!quotes, "an address is not repeated: it may hold a password");
}

void read_unknown(std::string_view address) {
  for (const std::string_view known : {"sqlite:", "postgres:", "postgresql:", "memory:"}) {
    if (address.starts_with(known)) return;
  }
  const auto storage = open_storage(address, {});
  promise(!storage.ok(), "an unknown address opens nothing");
  check(storage.error(), address);
}

void read_sqlite(std::string_view path) {
  const auto location = sqlite::parse_location(path);
  if (!location.ok()) return check(location.error(), path);
  promise(location->in_memory || location->path.front() == '/', "a path is absolute");
  promise(location->path.find('\0') == std::string::npos, "a path has no zero byte");
}

// A secret of asterisks, or one that differs from its neighbours by a space, can be read into the
// line that hides it.
bool can_be_looked_for(const std::string& secret) {
  return secret.find_first_of(" *") == std::string::npos;
}

void read_postgres(std::string_view conninfo) {
  const auto address = postgres::Address::parse(conninfo);
  if (!address.ok()) check(address.error(), conninfo);
  const std::vector<std::string> secrets = postgres::secrets_of(conninfo);
  std::string message = "connection to \"" + std::string(conninfo) + "\" failed\n";
  for (const std::string& secret : secrets) message += secret + ", ";
  const std::string line = postgres::redact(message, secrets);
  promise(line.find_first_of("\r\n\t") == std::string::npos, "a message is one line");
  for (const std::string& secret : secrets) {
    if (!can_be_looked_for(secret)) continue;
    promise(line.find(secret) == std::string::npos, "no message shows a secret");
  }
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  const std::string_view text = Bytes(data, size).rest();
  read_unknown(text);
  read_sqlite(text);
  read_postgres(text);
  return 0;
}
