#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"

namespace gre {

// A value of a row or a parameter: NULL, an integer, a number or a text.
using SqlValue = std::variant<std::monostate, int64_t, double, std::string>;

// One row of a result. Reading a column as another type than it holds is a programmer error but for
// an integer read as a number.
class SqlRow {
 public:
  explicit SqlRow(std::vector<SqlValue> values) : values_(std::move(values)) {}

  [[nodiscard]] size_t size() const { return values_.size(); }
  [[nodiscard]] bool IsNull(size_t column) const;
  [[nodiscard]] int64_t Integer(size_t column) const;
  [[nodiscard]] double Number(size_t column) const;
  [[nodiscard]] const std::string& Text(size_t column) const;
  [[nodiscard]] std::string TextOr(size_t column, std::string_view fallback) const;

 private:
  std::vector<SqlValue> values_;
};

// One connection to an SQLite file or a PostgreSQL database, which speak one dialect here:
// parameters are $1, $2, … in the order of their first appearance, types BIGINT, DOUBLE PRECISION
// and TEXT, and what differs is written {identity} (a counted primary key) and {skip_locked} (rows
// that another worker holds are passed over). Statements are prepared once a connection. Errors
// name the database without user and password, the reason and, where it is the program's fault, the
// statement. Not thread-safe.
class Database {
 public:
  // `location`: "postgres://…" or "postgresql://…", else the path of an SQLite file, which is
  // created. A URL that holds a password is refused (kInvalidArgument): command lines can be read
  // by everybody; PGPASSWORD, PGPASSFILE and ~/.pgpass are libpq's ways. kUnavailable when the
  // server or the folder cannot be used, kInvalidInput when the file is no SQLite database.
  static Result<std::unique_ptr<Database>> Open(const std::string& location);
  // Whether `location` names a PostgreSQL database.
  static bool IsShared(std::string_view location);
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  // All rows at once: large tables are read in pages by key.
  virtual Result<std::vector<SqlRow>> Query(const std::string& sql,
                                            std::span<const SqlValue> values) = 0;
  Result<std::vector<SqlRow>> Query(const std::string& sql,
                                    std::initializer_list<SqlValue> values = {}) {
    return Query(sql, std::span(values.begin(), values.size()));
  }
  // The number of rows that changed.
  virtual Result<int64_t> Execute(const std::string& sql, std::span<const SqlValue> values) = 0;
  Result<int64_t> Execute(const std::string& sql, std::initializer_list<SqlValue> values = {}) {
    return Execute(sql, std::span(values.begin(), values.size()));
  }

  // Execute where the number does not matter.
  Status Run(const std::string& sql, std::initializer_list<SqlValue> values = {});

  // Runs `body` in one transaction; its error, and that of the commit, undo everything. Nested
  // calls join the outer transaction. Where another connection is in the way for longer than a
  // minute the result is kUnavailable and can be tried again, so `body` should have no effect
  // elsewhere.
  Status InTransaction(const std::function<Status()>& body);

  // Inside a transaction: waits until no other connection holds the lock of this name; it is held
  // to the transaction's end. In SQLite a transaction of InTransaction is alone anyway.
  virtual Status Lock(const std::string& name) = 0;

  // For people: the path, or "postgres://HOST/DATABASE".
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual bool is_shared() const = 0;

 protected:
  virtual Status Begin() = 0;

 private:
  bool in_transaction_ = false;
};

// nullopt becomes NULL.
template <typename T>
SqlValue SqlOptional(const T& value) {
  return value ? SqlValue(*value) : SqlValue();
}
// "" becomes NULL.
SqlValue SqlText(const std::string& text);

}  // namespace gre
