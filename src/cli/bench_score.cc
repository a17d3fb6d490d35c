// gre bench score: predictions + truth -> scores.
#include <memory>

#include "cli/bench_commands.h"
#include "cli/bench_options.h"
#include "report/score_json.h"
#include "report/score_text.h"

namespace gre {

CommandSpec BenchScoreCommand() {
  const auto options = std::make_shared<BenchOptions>();
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
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<BenchInputs> inputs = LoadBench(*options, context, /*keep_text=*/false);
    if (!inputs.ok()) return context.Fail(inputs.error());
    if (context.json) {
      for (const ScoredSystem& system : inputs->systems) {
        context.out.WriteLine(ScoreJson(system.scores, inputs->conventions));
      }
    } else {
      std::vector<NamedScores> named;
      for (const ScoredSystem& system : inputs->systems) {
        named.push_back({system.name, &system.scores});
      }
      context.out.Write(ScoreText(named, inputs->conventions));
    }
    for (const ScoredSystem& system : inputs->systems) {
      for (const std::string& remark : system.file.remarks) context.Note(remark);
    }
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
