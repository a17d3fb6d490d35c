#pragma once

#include <string>
#include <vector>

#include "bench/chains/chain_quality.h"
#include "cli/bench_options.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/engine_options.h"
#include "core/result.h"
#include "report/chain_report.h"

namespace gre {

// The settings of `gre bench score --chains`.
struct ChainCommandOptions {
  bool chains = false;
  bool records = false;
  std::string weights;
  std::string empty = "zero";
  double match_cosine = 0.6;
  std::string embedder;  // empty: all-MiniLM-L6-v2, where it has been fetched
  std::string clip;
  std::string photos;  // for clip
  std::string judge_model;
  std::string judge_url;
};

std::vector<OptionSpec> ChainOptionSpecs(ChainCommandOptions& options);

// What can be known to be wrong before anything is read.
Status CheckChainOptions(const ChainCommandOptions& options);

// One system's chains, measured.
struct MeasuredChains {
  ChainQuality quality;
  ChainConventions conventions;
};

// Measures the chains of every system, in their order; loads the models that the options name.
Result<std::vector<MeasuredChains>> MeasureAllChains(const ChainCommandOptions& options,
                                                     const BenchOptions& bench,
                                                     const BenchInputs& inputs,
                                                     CliContext& context);

}  // namespace gre
