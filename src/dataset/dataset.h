#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "dataset/image_folder.h"
#include "store/database.h"

namespace gre {

// Where a dataset lies: a folder with images/ and, unless `store` is a PostgreSQL URL, the database
// dataset.sqlite.
struct DatasetLocation {
  std::string folder;
  std::string store = {};  // "" or "postgres://…"
};

// What was done to a dataset once. `settings` and `summary` are JSON; a run that was interrupted
// has neither end nor summary.
struct DatasetRun {
  std::string command, settings, software, started, ended, summary;
};

// An open dataset: its tables (docs/dataset.md) and its images. Several processes may work on one
// at once; on several machines where the store is PostgreSQL and the folder is shared. Not
// thread-safe.
class Dataset {
 public:
  // Makes what is missing. kInvalidArgument for a folder that holds other files and no dataset,
  // kInvalidInput for a database that is none of ours or of a later version.
  static Result<Dataset> Create(const DatasetLocation& location);
  // kNotFound where there is no dataset.
  static Result<Dataset> Open(const DatasetLocation& location);

  [[nodiscard]] Database& database() const { return *database_; }
  [[nodiscard]] const ImageFolder& images() const { return images_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  // Small facts about the whole: "theta.filter_km", "reviewed", …
  [[nodiscard]] Result<std::optional<std::string>> Fact(const std::string& key) const;
  [[nodiscard]] Status SetFact(const std::string& key, const std::string& value) const;
  [[nodiscard]] Result<std::map<std::string, std::string>> Facts() const;

  // The record of a command: what was asked, with which settings, what came of it. `settings` and
  // `summary` are JSON. A run without an end was interrupted.
  Result<int64_t> BeginRun(const std::string& command, const std::string& settings,
                           const std::string& software) const;
  [[nodiscard]] Status EndRun(int64_t run, const std::string& summary) const;
  // All of them, in order.
  [[nodiscard]] Result<std::vector<DatasetRun>> Runs() const;

 private:
  Dataset(std::unique_ptr<Database> database, std::string folder);
  static Result<Dataset> Prepare(const DatasetLocation& location);
  [[nodiscard]] Status MakeTables() const;
  std::unique_ptr<Database> database_;
  std::string folder_;
  ImageFolder images_;
};

// "2026-11-26T08:39:03Z".
std::string UtcNow();

}  // namespace gre
