// PostgreSQL past the engine: statements, COPY streams, and indexes that wait until the rows are
// in.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::bench {

class Postgres {
 public:
  explicit Postgres(const std::string& uri);
  std::vector<std::vector<std::string>> run(const std::string& sql);
  PGconn* get() const { return connection_.get(); }

 private:
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

/// One COPY ... FROM STDIN on a connection of its own. Rows are gathered in large buffers.
class CopyStream {
 public:
  CopyStream(const std::string& uri, const std::string& target);
  /// Fields in the text format; none here has a tab, a newline or a backslash.
  CopyStream& field(std::string_view text);
  CopyStream& null() { return field("\\N"); }
  void end_row();
  void finish();

 private:
  void send();
  Postgres postgres_;
  std::string buffer_;
  bool is_row_begun_ = false;
};

/// Takes the keys and indexes off `tables` and makes them again, as they were, by restore().
class IndexHoliday {
 public:
  IndexHoliday(Postgres& postgres, const std::vector<std::string>& tables);
  void restore();

 private:
  Postgres& postgres_;
  std::vector<std::string> again_;
};

}  // namespace holdfast::bench
