#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/settings.h"
#include "core/result.h"
#include "generation/text_generator.h"

namespace gre {

// Which model answers and where it runs: the settings that locate and calibrate share.
struct EngineOptions {
  std::string model;  // folder or hub name; "" = the embedded model
  std::string adapter;
  std::string api_url;
  std::string api_model;
  std::string api_key_env;  // "" = GRE_API_KEY, where it is set
  std::string api_key_file;
  std::string api_dialect = "auto";
  int concurrency = 4;  // requests to a server at once
  int64_t max_pixels = 0;
  std::string device = "cpu";
  std::string dtype = "auto";
  std::string chat_template = "auto";
  int threads = 0;
  double timeout_s = 0;  // a photo; 0 = none
};

std::vector<OptionSpec> EngineOptionSpecs(EngineOptions& options);

// An engine with what its answers depend on.
struct Engine {
  std::unique_ptr<TextGenerator> generator;
  std::string model_directory;  // "" for a remote model
};

// What can be known to be wrong without loading a model or contacting a server.
Status CheckEngineOptions(const EngineOptions& options, const Environment& environment);

// Loads the local model (this loads LibTorch) or prepares the remote one (this contacts nobody).
Result<Engine> MakeEngine(const EngineOptions& options, const Environment& environment);

// What will answer, without loading it.
Result<EngineKind> KindOfEngine(const EngineOptions& options, const Environment& environment);

// Names the model exactly enough that other answers can be expected when it changes: for a local
// one its files' sizes and times, for a remote one server and name. Loads nothing.
Result<std::string> DescribeModelIdentity(const EngineOptions& options,
                                          const Environment& environment);

// Photos that are worth giving to the engine at once.
int BatchSize(const EngineOptions& options);

}  // namespace gre
