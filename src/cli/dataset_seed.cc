// gre dataset seed: which photos the data is made of, and in which split.
#include "dataset/seed/dataset_seed.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "report/seed_report.h"

namespace gre {
namespace {

struct DatasetSeedOptions {
  DatasetOptions dataset;
  SeedOptions seed;
  std::string preset;
  std::string balance;          // empty: the preset's, or uniform
  std::optional<double> share;  // unset: the preset's, or all
  bool present_only = false;
};

Status Resolve(DatasetSeedOptions& options) {
  SeedOptions& seed = options.seed;
  // GRE draws "a random 5 % of MP-16" (arXiv 2505.18700, section 3.1)
  const bool gre30k = options.preset == "gre30k";
  const std::string balance =
      !options.balance.empty() ? options.balance : (gre30k ? "none" : "uniform");
  seed.balance = balance == "population" ? SeedBalance::kPopulation
                 : balance == "none"     ? SeedBalance::kNone
                                         : SeedBalance::kUniform;
  seed.share = options.share.value_or(gre30k ? 0.05 : 1);
  if (seed.size > 0 && (options.share || gre30k)) {
    return Error{ErrorCode::kInvalidArgument,
                 "--size: expected one of --size, --share and --preset gre30k, found two"};
  }
  if (seed.dev_share + seed.test_share >= 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "--dev-share and --test-share: expected a sum below 1"};
  }
  return {};
}

Result<DatasetOutcome> Seed(DatasetSeedOptions& options, Dataset& dataset, CliContext& context) {
  GRE_RETURN_IF_ERROR(Resolve(options));
  std::vector<PopulatedPlace> places;
  if (options.seed.balance == SeedBalance::kPopulation) {
    GRE_ASSIGN_OR_RETURN(places, ReadPopulations(context.cache_directory() + "/geodata"));
  }
  std::unique_ptr<Progress> progress;
  const auto report = [&](int64_t done, int64_t total) {
    if (!progress) {
      progress = std::make_unique<Progress>(Progress::Options{.enabled = !context.quiet,
                                                              .terminal = context.err_terminal,
                                                              .label = "reading",
                                                              .unit = "photos"},
                                            total);
    }
    progress->Update(done);
  };
  GRE_ASSIGN_OR_RETURN(const SeedSummary summary,
                       SeedDataset(dataset, options.seed, options.present_only, places, report,
                                   context.cancellation()));
  progress.reset();
  if (!context.json) context.out.Write(SeedText(summary));
  return DatasetOutcome{SeedJson(summary)};
}

std::vector<OptionSpec> Options(DatasetSeedOptions& options) {
  SeedOptions& seed = options.seed;
  return {
      {.name = "preset",
       .value_name = "NAME",
       .help = "gre30k: a random 5 % of the photos, as GRE30K takes of MP-16",
       .target = &options.preset,
       .choices = {"gre30k"}},
      {.name = "size", .value_name = "N", .help = "Draw N photos", .target = &seed.size, .min = 0},
      {.name = "share",
       .value_name = "X",
       .help = "Draw this share of the candidates; without --size all",
       .target = &options.share,
       .min = 0,
       .max = 1},
      {.name = "balance",
       .value_name = "HOW",
       .help = "uniform: as many photos from every cell; population: by the people in it; "
               "none: any photo with the same chance",
       .target = &options.balance,
       .choices = {"uniform", "population", "none"}},
      {.name = "level",
       .value_name = "N",
       .help = "Level of the S2 cells to balance (6: 144 km wide; each level more halves it)",
       .target = &seed.level,
       .min = 0,
       .max = 20},
      {.name = "max-per-country",
       .value_name = "N",
       .help = "At most N photos of a country; 0: any number",
       .target = &seed.max_per_country,
       .min = 0},
      {.name = "dev-share",
       .value_name = "X",
       .help = "Share of the sample for dev",
       .target = &seed.dev_share,
       .min = 0,
       .max = 1},
      {.name = "test-share",
       .value_name = "X",
       .help = "Share of the sample for test",
       .target = &seed.test_share,
       .min = 0,
       .max = 1},
      {.name = "min-distance-km",
       .value_name = "KM",
       .help = "Photos of two splits lie farther apart than this",
       .target = &seed.min_distance_km,
       .min = 0,
       .max = 2000},
      {.name = "keep-source-split",
       .help = "Keep the source's train, dev and test as they are",
       .target = &seed.keep_source_split},
      {.name = "present-only",
       .help = "Only photos whose file is in the dataset",
       .target = &options.present_only},
      {.name = "seed",
       .value_name = "N",
       .help = "Another seed, another sample",
       .target = &seed.seed},
  };
}

}  // namespace

CommandSpec DatasetSeedCommand() {
  const auto options = std::make_shared<DatasetSeedOptions>();
  CommandSpec command;
  command.name = "seed";
  command.summary = "Draws a sample balanced over the globe, split by place";
  command.description =
      "Draws from the photos that no finding drops and divides them into train, dev and test so "
      "that no photo has a neighbour in another split (docs/dataset.md). Settings and ids alone "
      "decide: the same again gives the same sample, other settings replace it.\n"
      "  gre dataset seed DIR --size 200000 --balance uniform --max-per-country 20000\n"
      "  gre dataset seed DIR --preset gre30k";
  command.options = DatasetOptionSpecs(options->dataset);
  const std::vector<OptionSpec> own = Options(*options);
  command.options.insert(command.options.end(), own.begin(), own.end());
  command.run = [options, own](CliContext& context) -> ExitCode {
    return context.Finish(
        RunOnDataset(options->dataset, DatasetAccess::kOpenFilled, "seed", own, context,
                     [&](Dataset& dataset) { return Seed(*options, dataset, context); }));
  };
  return command;
}

}  // namespace gre
