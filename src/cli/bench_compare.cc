// gre bench compare: what a difference between systems is worth.
#include <memory>

#include "bench/compare/comparison.h"
#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "cli/signals.h"
#include "core/file.h"
#include "report/comparison_tables.h"
#include "report/score_text.h"

namespace gre {
namespace {

struct BenchCompareOptions {
  BenchOptions bench;
  std::string by;
  int min_group = 10;
  std::vector<std::string> fail_if;
  std::string list_changes;
  bool force = false;
};

Result<std::vector<FailCondition>> ParseConditions(const std::vector<std::string>& texts) {
  std::vector<FailCondition> conditions;
  for (const std::string& text : texts) {
    GRE_ASSIGN_OR_RETURN(FailCondition condition, ParseFailCondition(text));
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

struct Compared {
  BenchInputs inputs;
  Comparison comparison;
  std::vector<std::string> failures;
};

Result<Compared> Compare(const BenchCompareOptions& options, CliContext& context) {
  if (options.bench.predictions.size() < 2) {
    return Error{
        ErrorCode::kInvalidArgument,
        "expected --predictions at least twice, the base first; 'gre bench compare --help' "
        "shows how"};
  }
  GRE_ASSIGN_OR_RETURN(const std::vector<FailCondition> conditions,
                       ParseConditions(options.fail_if));
  GRE_RETURN_IF_ERROR(CheckOutputFiles({.inputs = BenchInputFiles(options.bench),
                                        .outputs = {{"--list-changes", options.list_changes}},
                                        .force = options.force}));
  Compared compared;
  GRE_ASSIGN_OR_RETURN(compared.inputs, LoadBench(options.bench, context, /*keep_text=*/false));
  std::vector<ComparedSystem> systems;
  for (const ScoredSystem& system : compared.inputs.systems) {
    systems.push_back({system.name, system.file.predictions, &system.records});
  }
  ComparisonOptions comparing;
  comparing.by = options.by;
  comparing.min_group_records = static_cast<size_t>(options.min_group);
  comparing.bootstrap.resamples = options.bench.resamples;
  comparing.bootstrap.seed = options.bench.seed;
  GRE_ASSIGN_OR_RETURN(compared.comparison,
                       CompareSystems(compared.inputs.truth, systems, comparing));
  GRE_ASSIGN_OR_RETURN(compared.failures, FindFailures(compared.comparison, conditions));
  GRE_RETURN_IF_ERROR(BeginLastStep(context.cancellation()));
  if (!options.list_changes.empty()) {
    GRE_RETURN_IF_ERROR(WriteFileAtomically(
        options.list_changes, ChangesCsv(compared.comparison, compared.inputs.truth)));
  }
  return compared;
}

void Print(const Compared& compared, const BenchOptions& options, CliContext& context) {
  if (context.json) {
    context.out.WriteLine(ComparisonJson(compared.comparison, MakeReport(compared.inputs, options),
                                         compared.failures));
    return;
  }
  for (const Table& table : ComparisonTables(compared.comparison)) {
    context.out.Write(FormatTableText(table) + "\n");
  }
  context.out.Write(CaveatsText(MakeReport(compared.inputs, options)));
}

}  // namespace

CommandSpec BenchCompareCommand() {
  const auto options = std::make_shared<BenchCompareOptions>();
  CommandSpec command;
  command.name = "compare";
  command.summary = "Says what a difference between systems on the same photos is worth";
  command.description =
      "The first --predictions is the base; every other one is compared with it on the records "
      "that both have: differences with paired intervals, tests corrected for their number, wins "
      "and losses record by record (docs/metrics.md).\n"
      "  gre bench compare --predictions old.jsonl --predictions new.jsonl --truth truth.csv "
      "--by continent\n"
      "  gre bench compare --predictions old.jsonl --predictions new.jsonl --truth truth.csv "
      "--fail-if 'acc@25 < base - 0.01' --fail-if 'parsed < 99%'\n"
      "With --fail-if the exit code is 4 when a condition holds for one of the systems. A "
      "condition "
      "is METRIC OPERATOR BOUND: a metric of the table (acc@KM, geoscore, mean_km, median_km, "
      "country, parsed) or records, one of < <= > >=, and a number or base, base + number, base - "
      "number. Shares are written 0.5 or 50%.";
  command.options = BenchOptionSpecs(options->bench);
  command.options.push_back(
      {.name = "by",
       .value_name = "LABEL",
       .help = "Breaks the differences down by country, subregion, continent or a label of the "
               "truth (category, indicator, environment)",
       .target = &options->by,
       .configurable = false});
  command.options.push_back({.name = "min-group",
                             .value_name = "N",
                             .help = "Groups of fewer records are listed without figures",
                             .target = &options->min_group,
                             .min = 1,
                             .max = 1000000,
                             .configurable = false});
  command.options.push_back({.name = "fail-if",
                             .value_name = "CONDITION",
                             .help = "Ends with exit code 4 when it holds; may be repeated",
                             .target = &options->fail_if,
                             .configurable = false});
  command.options.push_back(
      {.name = "list-changes",
       .value_name = "FILE.csv",
       .help = "Writes the records that were answered differently, with both distances",
       .target = &options->list_changes,
       .configurable = false,
       .is_path = true});
  command.options.push_back(ForceOption(options->force));
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<Compared> compared = Compare(*options, context);
    if (!compared.ok()) return context.Fail(compared.error());
    Print(*compared, options->bench, context);
    PrintRemarks(compared->inputs, context);
    for (const std::string& failure : compared->failures) {
      context.PrintError({ErrorCode::kInvalidInput, failure});
    }
    return context.Finish(compared->failures.empty() ? kExitDone : kExitCheckFailed);
  };
  return command;
}

}  // namespace gre
