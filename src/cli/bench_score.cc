// gre bench score: predictions + truth -> scores.
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/bench_chains.h"
#include "cli/bench_commands.h"
#include "cli/bench_options.h"
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
  for (OptionSpec& spec : ChainOptionSpecs(*chain_options)) {
    command.options.push_back(std::move(spec));
  }
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
    if (context.json) {
      for (size_t i = 0; i < inputs->systems.size(); ++i) {
        nlohmann::ordered_json further = nlohmann::ordered_json::object();
        if (!chains.empty()) {
          further["chain_quality"] = ChainQualityJson(chains[i].quality, chains[i].conventions,
                                                      inputs->truth, chain_options->records);
        }
        context.out.WriteLine(
            ScoreJson(inputs->systems[i].scores, inputs->conventions, -1, &further));
      }
    } else {
      std::vector<NamedScores> named;
      for (const ScoredSystem& system : inputs->systems) {
        named.push_back({system.name, &system.scores});
      }
      context.out.Write(ScoreText(named, inputs->conventions));
      for (size_t i = 0; i < chains.size(); ++i) {
        context.out.Write("\nchains of " + inputs->systems[i].name + "\n" +
                          ChainQualityText(chains[i].quality, chains[i].conventions));
      }
    }
    for (const ScoredSystem& system : inputs->systems) {
      for (const std::string& remark : system.file.remarks) context.Note(remark);
    }
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
