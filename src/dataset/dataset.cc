#include "dataset/dataset.h"

#include <chrono>
#include <ctime>
#include <filesystem>

#include "core/file.h"
#include "dataset/schema.h"

namespace gre {
namespace {

constexpr std::string_view kDatabaseName = "dataset.sqlite";

std::string DatabaseOf(const DatasetLocation& location) {
  return location.store.empty() ? location.folder + "/" + std::string(kDatabaseName)
                                : location.store;
}

// Nobody's photos shall be mixed with a dataset by a slip of the path.
Status CheckFolder(const DatasetLocation& location) {
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(location.folder, code)) {
    const std::string name = entry.path().filename().string();
    if (name != "images" && !name.starts_with(kDatabaseName)) {
      return Error{ErrorCode::kInvalidArgument,
                   location.folder + ": expected a dataset or an empty folder, found '" + name +
                       "' and no dataset; name a new folder"};
    }
  }
  if (code) return Error{ErrorCode::kUnavailable, location.folder + ": " + code.message()};
  return {};
}

}  // namespace

std::string UtcNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[sizeof "2026-11-26T08:39:03Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

Dataset::Dataset(std::unique_ptr<Database> database, std::string folder)
    : database_(std::move(database)), folder_(std::move(folder)), images_(folder_ + "/images") {}

Result<Dataset> Dataset::Create(const DatasetLocation& location) {
  if (location.folder.empty()) {
    return Error{ErrorCode::kInvalidArgument, "expected the folder of a dataset, found ''"};
  }
  std::error_code code;
  std::filesystem::create_directories(location.folder + "/images", code);
  if (code) {
    return Error{ErrorCode::kUnavailable, location.folder + ": " + code.message()};
  }
  if (location.store.empty() && !FileExists(DatabaseOf(location))) {
    GRE_RETURN_IF_ERROR(CheckFolder(location));
  }
  return Prepare(location);
}

Result<Dataset> Dataset::Open(const DatasetLocation& location) {
  if (location.store.empty() && !FileExists(DatabaseOf(location))) {
    return Error{ErrorCode::kNotFound, location.folder + ": expected a dataset (" +
                                           std::string(kDatabaseName) +
                                           "), found none; 'gre dataset import' makes one"};
  }
  return Prepare(location);
}

Result<Dataset> Dataset::Prepare(const DatasetLocation& location) {
  GRE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(DatabaseOf(location)));
  Dataset dataset(std::move(database), location.folder);
  const Status made = dataset.database().InTransaction([&dataset] { return dataset.MakeTables(); });
  if (!made.ok()) return made.error();
  return dataset;
}

Status Dataset::MakeTables() const {
  // two processes that make the tables at once would trip over each other
  GRE_RETURN_IF_ERROR(database_->Lock("schema"));
  for (const std::string_view statement : DatasetSchemaStatements()) {
    GRE_RETURN_IF_ERROR(database_->Run(std::string(statement)));
  }
  GRE_ASSIGN_OR_RETURN(const std::optional<std::string> schema, Fact("schema"));
  if (!schema) return SetFact("schema", std::string(kDatasetSchema));
  if (*schema == kDatasetSchema) return {};
  return Error{ErrorCode::kInvalidInput, database_->name() + ": expected schema " +
                                             std::string(kDatasetSchema) + ", found " + *schema +
                                             "; use the gre that made it"};
}

Result<std::optional<std::string>> Dataset::Fact(const std::string& key) const {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT value FROM facts WHERE key = $1", {key}));
  if (rows.empty()) return std::optional<std::string>();
  return std::optional(rows[0].Text(0));
}

Status Dataset::SetFact(const std::string& key, const std::string& value) const {
  GRE_RETURN_IF_ERROR(
      database_->Run("INSERT INTO facts (key, value) VALUES ($1, $2) "
                     "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                     {key, value}));
  return {};
}

Result<std::map<std::string, std::string>> Dataset::Facts() const {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT key, value FROM facts"));
  std::map<std::string, std::string> facts;
  for (const SqlRow& row : rows) facts[row.Text(0)] = row.Text(1);
  return facts;
}

Result<int64_t> Dataset::BeginRun(const std::string& command, const std::string& settings,
                                  const std::string& software) const {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("INSERT INTO runs (command, settings, software, started) "
                                        "VALUES ($1, $2, $3, $4) RETURNING number",
                                        {command, settings, software, UtcNow()}));
  return rows.at(0).Integer(0);
}

Status Dataset::EndRun(int64_t run, const std::string& summary) const {
  GRE_RETURN_IF_ERROR(database_->Run("UPDATE runs SET ended = $2, summary = $3 WHERE number = $1",
                                     {run, UtcNow(), summary}));
  return {};
}

Result<std::vector<DatasetRun>> Dataset::Runs() const {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT command, settings, software, started, ended, summary FROM runs "
                       "ORDER BY number"));
  std::vector<DatasetRun> runs;
  runs.reserve(rows.size());
  for (const SqlRow& row : rows) {
    runs.push_back(
        {row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.TextOr(4, ""), row.TextOr(5, "")});
  }
  return runs;
}

}  // namespace gre
