#pragma once

#include <optional>
#include <string>

#include "cli/settings.h"
#include "core/result.h"
#include "localizer/confidence.h"
#include "net/hub.h"

namespace gre {

// A file or folder that ships with the program, by its path in the repository
// ("models/gre-nano", "prompts/gre.prompt"): in ../share/gre of an installed executable, else in a
// folder above it. kUnavailable with the places looked at.
Result<std::string> FindShipped(const std::string& relative);

// The folder of the embedded model, gre-nano.
Result<std::string> EmbeddedModelDirectory();

// What --model means: a folder, or ORG/NAME in the Hugging Face cache; "" is the embedded model.
// kNotFound names the places looked at and the command that fetches.
Result<std::string> ResolveModel(const std::string& model, const Environment& environment);

// The folder of a sentence encoder: as ResolveModel, but "" is all-MiniLM-L6-v2, which
// tools/setup/fetch_minilm.sh puts under the program's cache. kNotFound says what to run.
Result<std::string> ResolveTextEncoder(const std::string& model, const std::string& cache_directory,
                                       const Environment& environment);

// The model's own calibration.json, where it has one; a folder "" (a remote model) has none.
Result<std::optional<Calibration>> LoadCalibration(const std::string& model_directory);

// HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub; "" without a HOME.
std::string HubCacheDirectory(const Environment& environment);
// HF_ENDPOINT and HF_TOKEN with the cache folder.
HubOptions HubOptionsFrom(const Environment& environment);

}  // namespace gre
