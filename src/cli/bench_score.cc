// gre bench score: predictions + truth -> scores.
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/bench_chains.h"
#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "cli/signals.h"
#include "report/score_json.h"
#include "report/score_text.h"

namespace gre {

CommandSpec BenchScoreCommand() {
  const auto options = std::make_shared<BenchOptions>();
  const auto chain_options = std::make_shared<ChainCommandOptions>();
  CommandSpec command;
  command.name = "score";
  command.summary = "Scores predictions against the truth";
  command.description =
      "Predictions of any system, matched to the truth by id. Nothing is dropped silently: what "
      "cannot be matched or read is counted and listed, and the conventions stand beside the "
      "figures (docs/metrics.md).\n"
      "  gre bench score --predictions results.jsonl --truth truth.csv\n"
      "  gre bench score --predictions gpt.jsonl --pred-id image_file --pred-text raw_response "
      "--truth truth.csv --json";
  command.options = BenchOptionSpecs(*options);
  Append(command.options, ChainOptionSpecs(*chain_options));
  command.run = [options, chain_options](CliContext& context) -> ExitCode {
    if (const Status status = CheckChainOptions(*chain_options); !status.ok()) {
      return context.Fail(status.error());
    }
    const Result<BenchInputs> inputs = LoadBench(*options, context, chain_options->chains);
    if (!inputs.ok()) return context.Fail(inputs.error());
    std::vector<MeasuredChains> chains;
    if (chain_options->chains) {
      auto measured = MeasureAllChains(*chain_options, *options, *inputs, context);
      if (!measured.ok()) return context.Fail(measured.error());
      chains = std::move(*measured);
    }
    if (const Status status = BeginLastStep(context.cancellation()); !status.ok()) {
      return context.Fail(status.error());
    }
    const BenchReport report = MakeReport(*inputs, *options);
    if (context.json) {
      for (size_t i = 0; i < inputs->systems.size(); ++i) {
        BesideScores beside = inputs->beside;
        nlohmann::ordered_json quality;
        if (!chains.empty()) {
          quality = ChainQualityJson(chains[i].quality, chains[i].conventions, inputs->truth,
                                     chain_options->records);
          beside.chain_quality = &quality;
        }
        context.out.WriteLine(ScoreJson(report, report.systems[i], -1, beside));
      }
    } else {
      std::string text = ScoreText(report);
      if (inputs->beside.gallery) {
        const GalleryOverlap& overlap = *inputs->beside.gallery;
        text += "gallery: of " + std::to_string(overlap.truths) + " true points " +
                std::to_string(overlap.repeated) + " lie within 10 m and " +
                std::to_string(overlap.within_1_km) + " within 1 km of its " +
                std::to_string(overlap.gallery_points) + " points\n";
      }
      for (size_t i = 0; i < chains.size(); ++i) {
        text += "\nchains of " + inputs->systems[i].name + "\n";
        text += ChainQualityText(chains[i].quality, chains[i].conventions);
      }
      context.out.Write(text);
    }
    PrintRemarks(*inputs, context);
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
