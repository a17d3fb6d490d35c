#include "cli/dataset_options.h"

#include <nlohmann/json.hpp>

#include "cli/version.h"
#include "core/strings.h"
#include "dataset/photo_table.h"

namespace gre {
namespace {

Status ExpectPhotos(Dataset& dataset, const std::string& folder) {
  GRE_ASSIGN_OR_RETURN(const int64_t last, PhotoTable(dataset.database()).LastNumber());
  if (last > 0) return {};
  return Error{ErrorCode::kInvalidInput, NoPhotos(folder)};
}

}  // namespace

std::string NoPhotos(const std::string& folder) {
  return Concat({folder, ": the dataset holds no photos; 'gre dataset import ", folder,
                 " --from FILE|FOLDER' adds some"});
}

std::vector<OptionSpec> DatasetOptionSpecs(DatasetOptions& options) {
  return {
      {.name = "DIR",
       .value_name = "DIR",
       .help = "The dataset's folder",
       .target = &options.location.folder,
       .positional = true,
       .required = true,
       .is_path = true},
      {.name = "store",
       .value_name = "URL",
       .help = "postgres://[USER@]HOST/DATABASE keeps the tables there, so that several machines "
               "can work on one dataset; the password comes from PGPASSWORD or ~/.pgpass",
       .target = &options.location.store},
      {.name = "config",
       .value_name = "FILE.toml",
       .help = "A recipe: settings of the commands in tables such as [dataset.cot]",
       .target = &options.config,
       .configurable = false,
       .is_path = true,
       .is_settings_file = true},
  };
}

std::string SettingsJson(const std::vector<OptionSpec>& options) {
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  for (const OptionSpec& option : options) {
    if (const auto* const* list = std::get_if<std::vector<std::string>*>(&option.target)) {
      if (!(*list)->empty()) settings[option.name] = **list;
    } else if (const std::string text = TargetText(option); !text.empty()) {
      settings[option.name] = text;
    }
  }
  return settings.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

ExitCode RunOnDataset(const DatasetOptions& options, DatasetAccess access,
                      const std::string& command, const std::vector<OptionSpec>& settings,
                      CliContext& context,
                      const std::function<Result<DatasetOutcome>(Dataset&)>& work) {
  Result<Dataset> dataset = access == DatasetAccess::kCreate ? Dataset::Create(options.location)
                                                             : Dataset::Open(options.location);
  if (!dataset.ok()) return context.Fail(dataset.error());
  if (access == DatasetAccess::kOpenFilled) {
    if (const Status filled = ExpectPhotos(*dataset, options.location.folder); !filled.ok()) {
      return context.Fail(filled.error());
    }
  }
  const Result<int64_t> run =
      dataset->BeginRun(command, SettingsJson(settings), std::string("gre ") + kVersion);
  if (!run.ok()) return context.Fail(run.error());
  const Result<DatasetOutcome> outcome = work(*dataset);
  if (!outcome.ok()) return context.Fail(outcome.error());
  if (const Status ended = dataset->EndRun(*run, outcome->summary); !ended.ok()) {
    return context.Fail(ended.error());
  }
  if (context.json) context.out.WriteLine(outcome->summary);
  return outcome->code;
}

}  // namespace gre
