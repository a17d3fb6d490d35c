#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/engine_options.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/teacher/asking.h"

namespace gre {

// How a model is asked about the photos of a dataset: what `cot` and `judge` share.
struct DatasetAskingOptions {
  EngineOptions engine;
  std::string name;  // of the teacher in the dataset; "" = the model's
  std::string prompt = "gre";
  int64_t samples = 1;
  double temperature = 1;
  int max_new_tokens = 1024;
  uint64_t seed = 0;
  std::string answers = "any";
  int64_t max_attempts = 3;
  bool retry_failed = false;
  double requests_per_minute = 0;
  std::optional<double> max_tokens;
  std::optional<double> max_cost;
  std::vector<std::string> prices;
  int64_t lease_s = 1800;
};

std::vector<OptionSpec> DatasetAskingSpecs(DatasetAskingOptions& options);

// "NAME=PROMPT,COMPLETION" a million tokens, of the model of this name; nullopt where there is
// none.
Result<std::optional<TokenPrice>> PriceOf(const std::vector<std::string>& prices,
                                          const std::string& model);

// Wrong combinations, before any work.
Status CheckDatasetAsking(const DatasetAskingOptions& options, const CliContext& context);

// Asks the model that the options name, with a progress line.
Result<AskSummary> AskModel(Dataset& dataset, ReplyPurpose purpose,
                            const DatasetAskingOptions& options, CliContext& context);
// Asks any teacher.
Result<AskSummary> AskWithProgress(Dataset& dataset, std::span<Teacher* const> workers,
                                   const AskOptions& options, CliContext& context);

// What came of it, for people: a line each.
std::vector<std::string> DescribeAsking(const AskSummary& summary);

}  // namespace gre
