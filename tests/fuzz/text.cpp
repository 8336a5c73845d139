// UTF-8 and metadata. What is accepted here is stored, and must be text and JSON to the databases.
#include <sqlite3.h>

#include <memory>
#include <string>

#include "core/validate.hpp"
#include "fuzz/bytes.hpp"

namespace holdfast::capi {
bool is_text(std::string_view text);
}

namespace holdfast::test::fuzz {
namespace {

void append(std::string& out, unsigned code) {
  const auto tail = [&out](unsigned bits) { out += static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(code);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(code >> 6);
    tail(code);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(code >> 12);
    tail(code >> 6);
    tail(code);
  }
}

// Text is what comes out the same when its characters are spelt again.
bool is_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size && at + i < text.size(); ++i) {
      code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code == 0 || surrogate || code > 0x10FFFF) return false;
    std::string again;
    append(again, code);
    if (text.substr(at, again.size()) != again) return false;
    at += again.size();
  }
  return true;
}

// What SQLite makes of `SELECT expression` with the text as ?1; NULL is "".
std::string ask_sqlite(const char* sql, std::string_view text) {
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  static const std::unique_ptr<sqlite3, Close> db([] {
    sqlite3* out = nullptr;
    sqlite3_open(":memory:", &out);
    return out;
  }());
  sqlite3_stmt* prepared = nullptr;
  promise(sqlite3_prepare_v2(db.get(), sql, -1, &prepared, nullptr) == SQLITE_OK, "sqlite");
  const std::unique_ptr<sqlite3_stmt, Close> statement(prepared);
  sqlite3_bind_text(prepared, 1, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  if (sqlite3_step(prepared) != SQLITE_ROW) return {};
  const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
  return value == nullptr ? "" : value;
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::test::fuzz;
  const std::string_view text = Bytes(data, size).rest();
  const bool is_valid = is_text(text);
  promise(holdfast::core::is_text(text) == is_valid, "the core knows UTF-8");
  promise(holdfast::capi::is_text(text) == is_valid, "the C ABI knows UTF-8");
  if (!is_valid || !holdfast::core::is_json(text)) return 0;
  promise(ask_sqlite("SELECT json_valid(?1)", text) == "1", "SQLite takes it for JSON");
  promise(holdfast::core::is_json(ask_sqlite("SELECT json(?1)", text)), "JSON without its spaces");
  return 0;
}
