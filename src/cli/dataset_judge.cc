// gre dataset judge: answers labelled True or False.
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/dataset_asking.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "core/strings.h"
#include "dataset/entry_table.h"
#include "dataset/parts/judge_set.h"
#include "report/table.h"

namespace gre {
namespace {

struct JudgeCommandOptions {
  DatasetOptions dataset;
  DatasetAskingOptions asking;
  bool rollouts = false;
  JudgeOptions judge;
  std::optional<double> entries;
  bool unbalanced = false;
};

Table CountTable(const std::string& title, const std::string& first,
                 const std::map<std::string, std::array<int64_t, 2>>& counts) {
  Table table;
  table.title = title;
  table.columns = {
      {.title = first, .align = TableAlign::kLeft}, {.title = "True"}, {.title = "False"}};
  for (const auto& [name, count] : counts) {
    table.rows.push_back({name, std::to_string(count[1]), std::to_string(count[0])});
  }
  return table;
}

void Print(const JudgeSummary& summary, CliContext& context) {
  if (context.json) return;
  const auto count = [](int64_t number) { return std::to_string(number); };
  context.out.WriteLine(count(summary.photos) + " photos for Judge, " + count(summary.candidates) +
                        " answers with a label, " + count(summary.unread) +
                        " that could not be read");
  context.out.WriteLine(count(summary.entries) + " entries: " + count(summary.labelled_true) +
                        " True, " + count(summary.entries - summary.labelled_true) + " False, " +
                        count(summary.hard) + " hard\n");
  context.out.WriteLine(FormatTableText(CountTable("", "distance", summary.by_band)));
  context.out.WriteLine(FormatTableText(CountTable("", "region", summary.by_region)));
}

std::string Describe(const JudgeSummary& summary) {
  nlohmann::ordered_json json = {
      {"photos", summary.photos},      {"candidates", summary.candidates},
      {"unread", summary.unread},      {"entries", summary.entries},
      {"true", summary.labelled_true}, {"false", summary.entries - summary.labelled_true},
      {"hard", summary.hard}};
  for (const auto& [name, counts] :
       {std::pair{"by_distance", &summary.by_band}, std::pair{"by_region", &summary.by_region}}) {
    for (const auto& [key, count] : *counts) {
      json[name][key] = {{"true", count[1]}, {"false", count[0]}};
    }
  }
  return json.dump();
}

Result<DatasetOutcome> Run(Dataset& dataset, const JudgeCommandOptions& options,
                           CliContext& context) {
  GRE_ASSIGN_OR_RETURN(const auto photos,
                       EntryTable(dataset.database()).PhotosOf(DataPart::kJudge, 0, 1));
  if (photos.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({options.dataset.location.folder,
                         ": no photo belongs to Judge; 'gre dataset cot' divides the photos "
                         "(--judge-photos says how many Judge gets at most)"})};
  }
  DatasetOutcome outcome;
  if (options.rollouts) {
    GRE_ASSIGN_OR_RETURN(const AskSummary asked,
                         AskModel(dataset, ReplyPurpose::kRollout, options.asking, context));
    if (!context.json) {
      for (const std::string& line : DescribeAsking(asked)) context.out.WriteLine(line);
    }
    if (asked.progress.failed > 0) outcome.code = kExitSomeFailed;
  }
  JudgeOptions judge = options.judge;
  judge.seed = options.asking.seed;
  if (options.entries) judge.entries = static_cast<int64_t>(*options.entries);
  if (options.unbalanced) judge.true_share.reset();
  GRE_ASSIGN_OR_RETURN(const JudgeSummary summary,
                       MakeJudgeSet(dataset, judge, context.cancellation()));
  Print(summary, context);
  outcome.summary = Describe(summary);
  return outcome;
}

std::vector<OptionSpec> OwnSpecs(JudgeCommandOptions& options) {
  return {
      {.name = "judge-theta-km",
       .value_name = "KM",
       .help =
           "An answer is True up to this distance from the truth; required where any truth is a "
           "point. Where it is a country, True means inside",
       .target = &options.judge.judge_theta_km,
       .min = 0},
      {.name = "rollouts",
       .help = "Ask the model (--model, --api-url or the embedded one) about Judge's photos first: "
               "its own answers are what it learns to judge",
       .target = &options.rollouts},
      {.name = "entries",
       .value_name = "N",
       .help = "Most entries",
       .target = &options.entries,
       .min = 0},
      {.name = "true-share",
       .value_name = "X",
       .help = "Share of entries that are True",
       .target = &options.judge.true_share,
       .min = 0,
       .max = 1},
      {.name = "unbalanced",
       .help = "Labels as they come, whatever their shares",
       .target = &options.unbalanced},
      {.name = "per-photo",
       .value_name = "N",
       .help = "Most entries of a photo with the same label",
       .target = &options.judge.per_photo,
       .min = 1,
       .max = 1000},
      {.name = "hard-factor",
       .value_name = "X",
       .help = "Answers between theta / X and theta * X are marked as hard",
       .target = &options.judge.hard_factor,
       .min = 1,
       .max = 1000},
      {.name = "hard-border-km",
       .value_name = "KM",
       .help = "Where the truth is a country, answers outside it but this near are hard",
       .target = &options.judge.hard_border_km,
       .min = 0},
  };
}

}  // namespace

CommandSpec DatasetJudgeCommand() {
  const auto options = std::make_shared<JudgeCommandOptions>();
  CommandSpec command;
  command.name = "judge";
  command.summary = "Makes a balanced set of answers that are labelled True or False";
  command.description =
      "From the answers to Judge's photos (see 'gre dataset cot'), of teachers and, with "
      "--rollouts, of the model that is to be trained. Both labels, distance bands and regions get "
      "equal turns.\n"
      "  gre dataset judge DIR --judge-theta-km 200\n"
      "  gre dataset judge DIR --rollouts --samples 8";
  command.options = DatasetOptionSpecs(options->dataset);
  Append(command.options, OwnSpecs(*options));
  Append(command.options, DatasetAskingSpecs(options->asking));
  const std::vector<OptionSpec> settings = command.options;
  command.run = [options, settings](CliContext& context) -> ExitCode {
    if (options->rollouts) {
      if (const Status status = CheckDatasetAsking(options->asking, context); !status.ok()) {
        return context.Fail(status.error());
      }
    }
    return RunOnDataset(options->dataset, DatasetAccess::kOpenFilled, "judge", settings, context,
                        [&](Dataset& dataset) { return Run(dataset, *options, context); });
  };
  return command;
}

}  // namespace gre
