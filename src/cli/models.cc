#include "cli/models.h"

#include <filesystem>

#include "cli/context.h"
#include "core/file.h"
#include "core/strings.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<std::string> FindShipped(const std::string& relative) {
  const fs::path bin = ExecutableDirectory();
  const fs::path installed = bin.parent_path() / "share/gre" / relative;
  std::error_code ignored;
  if (fs::exists(installed, ignored)) {
    return installed.string();
  }
  for (fs::path folder = bin; folder.has_relative_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / relative, ignored)) {
      return (folder / relative).string();
    }
  }
  return Error{ErrorCode::kUnavailable, relative + " is missing: not in a folder above " +
                                            bin.string() + " and not at " + installed.string() +
                                            "; check out the repository again"};
}

Result<std::string> EmbeddedModelDirectory() {
  Result<std::string> directory = FindShipped("models/gre-nano");
  if (!directory.ok()) {
    return std::move(directory).error().Wrap("the embedded model (another one: --model)");
  }
  return directory;
}

Result<std::string> ResolveModel(const std::string& model, const Environment& environment) {
  if (model.empty()) {
    return EmbeddedModelDirectory();
  }
  if (DirectoryExists(model)) {
    return model;
  }
  if (FileExists(model)) {
    return Error{ErrorCode::kInvalidArgument,
                 "model '" + model + "' is a file; name the folder that holds its config.json"};
  }
  if (!ValidateRepoId(model).ok()) {
    return Error{ErrorCode::kNotFound, "model '" + model + "': there is no such folder"};
  }
  const std::string cache = HubCacheDirectory(environment);
  const Result<std::string> cached = FindCachedModel(cache, model);
  if (cached.ok()) {
    return *cached;
  }
  return Error{ErrorCode::kNotFound, "model '" + model + "' is no folder and not in " + cache +
                                         "; fetch it with: gre model fetch " + model};
}

Result<std::string> ResolveTextEncoder(const std::string& model, const std::string& cache_directory,
                                       const Environment& environment) {
  if (!model.empty()) return ResolveModel(model, environment);
  const std::string folder = cache_directory + "/models/all-MiniLM-L6-v2";
  if (!cache_directory.empty() && FileExists(folder + "/model.safetensors")) return folder;
  return Error{ErrorCode::kNotFound,
               "the sentence encoder all-MiniLM-L6-v2 is not at " + folder +
                   "; fetch it (84 MB) with tools/setup/fetch_minilm.sh, or name the folder of "
                   "another BERT model"};
}

Result<std::optional<Calibration>> LoadCalibration(const std::string& model_directory) {
  const std::string path = model_directory + "/calibration.json";
  if (model_directory.empty() || !FileExists(path)) {
    return std::optional<Calibration>();
  }
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 1 << 20));
  Result<Calibration> calibration = Calibration::Parse(text);
  if (!calibration.ok()) {
    return std::move(calibration).error().Wrap(path);
  }
  return std::optional<Calibration>(std::move(*calibration));
}

std::string HubCacheDirectory(const Environment& environment) {
  if (const auto cache = environment("HF_HUB_CACHE"); cache && !cache->empty()) {
    return *cache;
  }
  if (const auto home = environment("HF_HOME"); home && !home->empty()) {
    return *home + "/hub";
  }
  const std::string cache = CacheDirectory(environment);
  return cache.empty() ? cache : fs::path(cache).parent_path().string() + "/huggingface/hub";
}

HubOptions HubOptionsFrom(const Environment& environment) {
  HubOptions options;
  if (const auto endpoint = environment("HF_ENDPOINT"); endpoint && !endpoint->empty()) {
    options.endpoint = *endpoint;
  }
  options.token = Trim(environment("HF_TOKEN").value_or(""));
  options.cache_dir = HubCacheDirectory(environment);
  return options;
}

}  // namespace gre
