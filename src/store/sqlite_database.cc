#include "store/sqlite_database.h"

#include <map>
#include <utility>

#include <sqlite3.h>

#include "core/check.h"
#include "store/sql_dialect.h"

namespace gre {
namespace {

constexpr int kBusyTimeoutMs = 300'000;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}

  Status Connect() {
    sqlite3* connection = nullptr;
    const int opened = sqlite3_open_v2(path_.c_str(), &connection,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    connection_.reset(connection);
    if (opened != SQLITE_OK) return Failure({});
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, kBusyTimeoutMs);
    for (const char* setting : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                                "PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY"}) {
      if (sqlite3_exec(connection, setting, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return Failure({});
      }
    }
    return {};
  }

  using Database::Execute;
  using Database::Query;

  Result<std::vector<SqlRow>> Query(const std::string& sql,
                                    std::span<const SqlValue> values) override {
    std::vector<SqlRow> rows;
    GRE_RETURN_IF_ERROR(RunPrepared(sql, values, &rows));
    return rows;
  }

  Result<int64_t> Execute(const std::string& sql, std::span<const SqlValue> values) override {
    GRE_RETURN_IF_ERROR(RunPrepared(sql, values, nullptr));
    return static_cast<int64_t>(sqlite3_changes64(connection_.get()));
  }

  Status Lock(const std::string& /*name*/) override { return {}; }

  [[nodiscard]] const std::string& name() const override { return path_; }
  [[nodiscard]] bool is_shared() const override { return false; }

 protected:
  // Immediate: a transaction that reads first could otherwise not become a writing one.
  Status Begin() override { return Database::Run("BEGIN IMMEDIATE"); }

 private:
  [[nodiscard]] Error Failure(std::string_view sql) const {
    const int code = connection_ ? sqlite3_errcode(connection_.get()) : SQLITE_NOMEM;
    const std::string reason = connection_ ? sqlite3_errmsg(connection_.get()) : "out of memory";
    switch (code & 0xff) {
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
        return {ErrorCode::kInvalidInput,
                path_ + ": expected an SQLite database, found: " + reason};
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return {ErrorCode::kUnavailable,
                path_ + ": another process has been writing for five minutes; try again"};
      case SQLITE_ERROR:
      case SQLITE_CONSTRAINT:
      case SQLITE_MISUSE:
      case SQLITE_RANGE:
        return {ErrorCode::kInternal, path_ + ": " + reason + " in: " + std::string(sql)};
      default:
        return {ErrorCode::kUnavailable, path_ + ": " + reason};
    }
  }

  Result<sqlite3_stmt*> Prepare(const std::string& sql) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second.get();
    const std::string translated =
        Translate(sql, {.identity = "INTEGER PRIMARY KEY AUTOINCREMENT", .skip_locked = ""});
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(connection_.get(), translated.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
      return Failure(sql);
    }
    statements_.emplace(sql, Statement(statement));
    return statement;
  }

  static void Bind(sqlite3_stmt* statement, size_t index, const SqlValue& value) {
    const int place =
        sqlite3_bind_parameter_index(statement, ("$" + std::to_string(index + 1)).c_str());
    GRE_CHECK(place > 0);
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      sqlite3_bind_int64(statement, place, *integer);
    } else if (const auto* number = std::get_if<double>(&value)) {
      sqlite3_bind_double(statement, place, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
      sqlite3_bind_null(statement, place);
    }
  }

  static SqlRow ReadRow(sqlite3_stmt* statement) {
    std::vector<SqlValue> values(static_cast<size_t>(sqlite3_column_count(statement)));
    for (int i = 0; std::cmp_less(i, values.size()); ++i) {
      SqlValue& value = values[static_cast<size_t>(i)];
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
          value = static_cast<int64_t>(sqlite3_column_int64(statement, i));
          break;
        case SQLITE_FLOAT:
          value = sqlite3_column_double(statement, i);
          break;
        case SQLITE_TEXT:
        case SQLITE_BLOB: {
          const void* bytes = sqlite3_column_blob(statement, i);
          const auto length = static_cast<size_t>(sqlite3_column_bytes(statement, i));
          value =
              length == 0 ? std::string() : std::string(static_cast<const char*>(bytes), length);
          break;
        }
        default:
          break;
      }
    }
    return SqlRow(std::move(values));
  }

  Status RunPrepared(const std::string& sql, std::span<const SqlValue> values,
                     std::vector<SqlRow>* rows) {
    GRE_ASSIGN_OR_RETURN(sqlite3_stmt* const statement, Prepare(sql));
    for (size_t i = 0; i < values.size(); ++i) Bind(statement, i, values[i]);
    int step = sqlite3_step(statement);
    for (; step == SQLITE_ROW; step = sqlite3_step(statement)) {
      if (rows != nullptr) rows->push_back(ReadRow(statement));
    }
    Status status;
    if (step != SQLITE_DONE) status = Failure(sql);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return status;
  }

  std::string path_;
  std::unique_ptr<sqlite3, CloseConnection> connection_;
  std::map<std::string, Statement> statements_;  // destroyed before the connection
};

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path) {
  auto database = std::make_unique<SqliteDatabase>(path);
  GRE_RETURN_IF_ERROR(database->Connect());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace gre
