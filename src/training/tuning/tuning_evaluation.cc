#include "training/tuning/tuning_evaluation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "engine/local_engine.h"
#include "geo/geodesic.h"
#include "reasoning/answer_parser.h"
#include "training/completion_batch.h"

namespace gre {
namespace {

constexpr double kThresholdsKm[] = {1, 25, 200, 750, 2500};
constexpr size_t kAnswersAtOnce = 8;

Status ScoreAnswers(const std::shared_ptr<const VisionLanguageModel>& model,
                    std::span<const TrainingRecord> examples, int max_new_tokens,
                    const CancellationToken& cancellation, TuningScores& scores) {
  SamplingOptions sampling;  // greedy
  sampling.max_new_tokens = max_new_tokens;
  LocalEngine engine(model, {EngineKind::kLocal, "policy", ""});
  for (size_t begin = 0; begin < examples.size(); begin += kAnswersAtOnce) {
    const auto part = examples.subspan(begin, std::min(kAnswersAtOnce, examples.size() - begin));
    std::vector<GenerationRequest> requests;
    for (const TrainingRecord& example : part) {
      GRE_ASSIGN_OR_RETURN(GenerationRequest request, MakeRequest(example, sampling, 1));
      requests.push_back(std::move(request));
    }
    const auto results = engine.Generate(requests, {}, cancellation);
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i].ok()) return results[i].error();
      const ParsedAnswer answer = ParseReply(results[i]->completions.front().text);
      ++scores.answers;
      scores.parsed += answer.point ? 1 : 0;
      if (!part[i].point) continue;
      ++scores.with_truth;
      for (const double threshold : kThresholdsKm) {
        const bool right =
            answer.point && GeodesicDistanceKm(*answer.point, *part[i].point) <= threshold;
        scores.accuracy_km[threshold] += right ? 1 : 0;
      }
    }
  }
  scores.parsed /= std::max<double>(1, static_cast<double>(scores.answers));
  for (auto& [threshold, share] : scores.accuracy_km) {
    share /= static_cast<double>(scores.with_truth);
  }
  return {};
}

}  // namespace

Result<TuningScores> EvaluateTuning(const std::shared_ptr<const VisionLanguageModel>& model,
                                    std::span<const TrainingRecord> examples, int64_t answers,
                                    int max_new_tokens, const CancellationToken& cancellation) {
  const at::NoGradGuard no_grad;
  TuningScores scores;
  double sum = 0;
  int64_t tokens = 0;
  for (const TrainingRecord& example : examples) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    GRE_ASSIGN_OR_RETURN(EncodedRecord encoded, EncodeRecord(*model, example));
    const PromptWithCompletions item = {&encoded.prompt, {std::move(encoded.reply)}};
    const CompletionBatch batch = MakeCompletionBatch({&item, 1});
    const CompletionPass pass(*model, batch, {.score_only = true});
    sum -= pass.Scores().log_probabilities.sum().item<double>();
    tokens += batch.targets.size(0);
    ++scores.examples;
  }
  scores.loss = sum / static_cast<double>(std::max<int64_t>(tokens, 1));
  const auto count = std::min(examples.size(), static_cast<size_t>(answers));
  GRE_RETURN_IF_ERROR(
      ScoreAnswers(model, examples.first(count), max_new_tokens, cancellation, scores));
  return scores;
}

}  // namespace gre
