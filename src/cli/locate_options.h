#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/engine_options.h"
#include "cli/photo_inputs.h"
#include "cli/settings.h"
#include "core/result.h"
#include "knowledge/place_namer.h"
#include "localizer/localizer.h"

namespace gre {

struct LocateOptions {
  PhotoSelection photos;
  EngineOptions engine;
  int samples = 0;  // 0 = DefaultSampleCount
  std::optional<double> temperature;
  int max_new_tokens = 1024;
  uint64_t seed = 0;
  std::string prompt = "gre";
  std::string within;
  bool always_answer = false;
  bool ignore_metadata = false;
  bool metadata_only = false;
  std::string out;
  bool force = false;
  bool stream = false;
  bool dry_run = false;
};

std::vector<OptionSpec> LocateOptionSpecs(LocateOptions& options);
// Those of these names, then the engine's: for commands that locate as part of their work.
std::vector<OptionSpec> LocateOptionSpecs(LocateOptions& options,
                                          std::span<const std::string_view> names);

// What can be known to be wrong with the options before any work, whether this run uses them or
// not. Loads no model and contacts nobody.
Status CheckLocateOptions(const LocateOptions& options, const Environment& environment);

// Everything that changes the answers, as 16 hex digits.
Result<std::string> LocateSettingsHash(const LocateOptions& options,
                                       const Environment& environment);

// Chains a photo and how they are drawn, once defaults are filled in.
struct SamplingPlan {
  int samples = 1;
  SamplingOptions sampling = {};
};
SamplingPlan PlanSampling(const LocateOptions& options, EngineKind kind);

// The path of --prompt: "gre" is the shipped one.
Result<std::string> PromptPath(const std::string& prompt);

// A loaded model with all that turns its replies into answers.
struct LocatorParts {
  Engine engine;
  std::unique_ptr<PlaceNamer> namer;
  std::optional<Localizer> localizer;
  int samples = 0;  // chains a photo
};
// Where something in the model's files is wrong, this is kUnavailable: the machine lacks a model.
Result<LocatorParts> MakeLocator(const LocateOptions& options, const Environment& environment);

}  // namespace gre
