#include "store/database.h"

#include "core/check.h"
#include "core/strings.h"
#include "store/postgres_database.h"
#include "store/sql_dialect.h"
#include "store/sqlite_database.h"

namespace gre {

bool SqlRow::IsNull(size_t column) const {
  return std::holds_alternative<std::monostate>(values_.at(column));
}

int64_t SqlRow::Integer(size_t column) const {
  const auto* value = std::get_if<int64_t>(&values_.at(column));
  GRE_CHECK(value != nullptr);
  return *value;
}

double SqlRow::Number(size_t column) const {
  if (const auto* integer = std::get_if<int64_t>(&values_.at(column))) {
    return static_cast<double>(*integer);
  }
  const auto* value = std::get_if<double>(&values_.at(column));
  GRE_CHECK(value != nullptr);
  return *value;
}

const std::string& SqlRow::Text(size_t column) const {
  const auto* value = std::get_if<std::string>(&values_.at(column));
  GRE_CHECK(value != nullptr);
  return *value;
}

std::string SqlRow::TextOr(size_t column, std::string_view fallback) const {
  return IsNull(column) ? std::string(fallback) : Text(column);
}

SqlValue SqlText(const std::string& text) { return text.empty() ? SqlValue() : SqlValue(text); }

std::string Translate(std::string_view sql, const SqlDialect& dialect) {
  std::string translated;
  translated.reserve(sql.size());
  while (!sql.empty()) {
    const size_t brace = sql.find('{');
    translated += sql.substr(0, brace);
    if (brace == std::string_view::npos) break;
    const size_t end = sql.find('}', brace);
    GRE_CHECK(end != std::string_view::npos);
    const std::string_view word = sql.substr(brace + 1, end - brace - 1);
    GRE_CHECK(word == "identity" || word == "skip_locked");
    translated += word == "identity" ? dialect.identity : dialect.skip_locked;
    sql.remove_prefix(end + 1);
  }
  return translated;
}

bool Database::IsShared(std::string_view location) {
  return location.starts_with("postgres://") || location.starts_with("postgresql://");
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& location) {
  return IsShared(location) ? OpenPostgres(location) : OpenSqlite(location);
}

Status Database::Run(const std::string& sql, std::initializer_list<SqlValue> values) {
  const Result<int64_t> changed = Execute(sql, values);
  return changed.ok() ? Status() : Status(changed.error());
}

Status Database::InTransaction(const std::function<Status()>& body) {
  if (in_transaction_) return body();
  GRE_RETURN_IF_ERROR(Begin());
  in_transaction_ = true;
  Status status = body();
  if (status.ok()) {
    status = Run("COMMIT");
  }
  in_transaction_ = false;
  // after a failed COMMIT there may be nothing left to undo
  if (!status.ok()) (void)Execute("ROLLBACK");
  return status;
}

}  // namespace gre
