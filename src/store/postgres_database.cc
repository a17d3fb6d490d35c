#include "store/postgres_database.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <libpq-fe.h>

#include "core/strings.h"
#include "store/sql_dialect.h"

namespace gre {
namespace {

// Types of results (src/include/catalog/pg_type.dat of PostgreSQL).
constexpr Oid kInt8 = 20, kInt2 = 21, kInt4 = 23, kFloat4 = 700, kFloat8 = 701, kNumeric = 1700;
constexpr std::string_view kSerializationFailure = "40001", kDeadlock = "40P01",
                           kLockTimeout = "55P03";

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ClearResult>;

std::string FirstLine(std::string_view text) {
  return std::string(Trim(text.substr(0, text.find('\n'))));
}

class PostgresDatabase final : public Database {
 public:
  Status Connect(const std::string& url) {
    connection_.reset(PQconnectdb(url.c_str()));
    PGconn* const connection = connection_.get();
    const auto part = [&](const char* text) { return std::string(text == nullptr ? "" : text); };
    name_ = "postgres://" + part(PQhost(connection)) + "/" + part(PQdb(connection));
    if (PQstatus(connection) != CONNECTION_OK) {
      return Error{ErrorCode::kUnavailable, name_ + ": " + FirstLine(PQerrorMessage(connection))};
    }
    PQsetNoticeProcessor(
        connection, [](void*, const char*) {}, nullptr);
    for (const char* setting :
         {"SET client_encoding TO 'UTF8'", "SET lock_timeout TO '300s'",
          "SET extra_float_digits TO 3", "SET standard_conforming_strings TO on"}) {
      GRE_RETURN_IF_ERROR(Execute(setting));
    }
    return {};
  }

  using Database::Execute;
  using Database::Query;

  Result<std::vector<SqlRow>> Query(const std::string& sql,
                                    std::span<const SqlValue> values) override {
    GRE_ASSIGN_OR_RETURN(const PgResult result, RunPrepared(sql, values));
    const int columns = PQnfields(result.get());
    std::vector<SqlRow> rows;
    rows.reserve(static_cast<size_t>(PQntuples(result.get())));
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      std::vector<SqlValue> cells(static_cast<size_t>(columns));
      for (int column = 0; column < columns; ++column) {
        if (PQgetisnull(result.get(), row, column) == 0) {
          cells[static_cast<size_t>(column)] = ReadCell(*result, row, column);
        }
      }
      rows.emplace_back(std::move(cells));
    }
    return rows;
  }

  Result<int64_t> Execute(const std::string& sql, std::span<const SqlValue> values) override {
    GRE_ASSIGN_OR_RETURN(const PgResult result, RunPrepared(sql, values));
    return ParseInt(PQcmdTuples(result.get())).value_or(0);
  }

  Status Lock(const std::string& name) override {
    const auto locked = Query("SELECT 1 FROM pg_advisory_xact_lock(721015, hashtext($1))",
                              std::vector<SqlValue>{name});
    return locked.ok() ? Status() : Status(locked.error());
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool is_shared() const override { return true; }

 protected:
  Status Begin() override { return Database::Run("BEGIN"); }

 private:
  static SqlValue ReadCell(const PGresult& result, int row, int column) {
    const std::string_view text(PQgetvalue(&result, row, column),
                                static_cast<size_t>(PQgetlength(&result, row, column)));
    switch (PQftype(&result, column)) {
      case kInt2:
      case kInt4:
      case kInt8:
        return static_cast<int64_t>(ParseInt(text).value_or(0));
      case kNumeric:  // what SUM makes of BIGINT
        if (const auto integer = ParseInt(text)) return static_cast<int64_t>(*integer);
        [[fallthrough]];
      case kFloat4:
      case kFloat8:
        return ParseDouble(text).value_or(0);
      default:
        return std::string(text);
    }
  }

  [[nodiscard]] Error Failure(const PGresult* result, std::string_view sql) const {
    const char* const state =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view code = state == nullptr ? "" : state;
    const std::string reason = FirstLine(PQerrorMessage(connection_.get()));
    if (code.empty() || code == kLockTimeout || code == kSerializationFailure ||
        code == kDeadlock || code.starts_with("08") || code.starts_with("53") ||
        code.starts_with("57") || code == "42501" || code == "25006") {
      return {ErrorCode::kUnavailable, name_ + ": " + reason};
    }
    if (code == "22021" || code == "22P05") {
      return {ErrorCode::kInvalidInput, name_ + ": " + reason};
    }
    return {ErrorCode::kInternal, name_ + ": " + reason + " in: " + std::string(sql)};
  }

  // The name under which the server keeps the statement.
  Result<std::string> Prepare(const std::string& sql) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second;
    const std::string name = "gre" + std::to_string(statements_.size());
    const std::string translated =
        Translate(sql, {.identity = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
                        .skip_locked = "FOR UPDATE SKIP LOCKED"});
    const PgResult result(
        PQprepare(connection_.get(), name.c_str(), translated.c_str(), 0, nullptr));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return Failure(result.get(), sql);
    statements_.emplace(sql, name);
    return name;
  }

  Result<PgResult> RunPrepared(const std::string& sql, std::span<const SqlValue> values) {
    std::vector<std::string> texts(values.size());
    std::vector<const char*> pointers(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (const auto* integer = std::get_if<int64_t>(&values[i])) {
        texts[i] = std::to_string(*integer);
      } else if (const auto* number = std::get_if<double>(&values[i])) {
        texts[i] = FormatShortest(*number);
      } else if (const auto* text = std::get_if<std::string>(&values[i])) {
        if (text->find('\0') != std::string::npos) {
          return Error{ErrorCode::kInvalidInput,
                       name_ + ": PostgreSQL stores no text with a NUL character in it"};
        }
        texts[i] = *text;
      }
      const bool null = std::holds_alternative<std::monostate>(values[i]);
      pointers[i] = null ? nullptr : texts[i].c_str();
    }
    GRE_ASSIGN_OR_RETURN(const std::string name, Prepare(sql));
    PgResult result(PQexecPrepared(connection_.get(), name.c_str(),
                                   static_cast<int>(pointers.size()), pointers.data(), nullptr,
                                   nullptr, 0));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return Failure(result.get(), sql);
    return result;
  }

  std::string name_;
  std::unique_ptr<PGconn, FinishConnection> connection_;
  std::map<std::string, std::string> statements_;
};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// A password in the URL would stand in the process list.
Status CheckUrl(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), &message));
  if (!options) {
    PQfreemem(message);  // quotes the URL, which may hold a password
    return Error{ErrorCode::kInvalidArgument,
                 "expected postgres://[USER@]HOST[:PORT]/DATABASE, found something else"};
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "password" && option->val != nullptr) {
      return Error{ErrorCode::kInvalidArgument,
                   "a password in the URL of the store can be read by every user of this machine: "
                   "use PGPASSWORD or ~/.pgpass instead"};
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url) {
  GRE_RETURN_IF_ERROR(CheckUrl(url));
  auto database = std::make_unique<PostgresDatabase>();
  GRE_RETURN_IF_ERROR(database->Connect(url));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace gre
