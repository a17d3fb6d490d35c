#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "core/result.h"
#include "dataset/dataset.h"

namespace gre {

// What every command of `gre dataset` is told: which dataset, and the recipe its settings are from.
struct DatasetOptions {
  DatasetLocation location;
  std::string config;
};

// DIR, --store and --config, to stand before the command's own options.
std::vector<OptionSpec> DatasetOptionSpecs(DatasetOptions& options);

// The settings that a run of the command depends on as JSON, with their values: what the dataset's
// table `runs` keeps.
std::string SettingsJson(const std::vector<OptionSpec>& options);

// Opens the dataset, keeps a record of the run and does the work; `work` returns the summary, JSON
// that the record and --json show, and writes what people read itself. An error leaves the record
// without an end.
struct DatasetOutcome {
  std::string summary;  // a JSON object
  ExitCode code = kExitDone;
};
// What is said of a dataset without photos, and what to do, in a line.
std::string NoPhotos(const std::string& folder);
// kOpenFilled refuses a dataset without photos.
enum class DatasetAccess { kCreate, kOpen, kOpenFilled };
ExitCode RunOnDataset(const DatasetOptions& options, DatasetAccess access,
                      const std::string& command, const std::vector<OptionSpec>& settings,
                      CliContext& context,
                      const std::function<Result<DatasetOutcome>(Dataset&)>& work);

}  // namespace gre
