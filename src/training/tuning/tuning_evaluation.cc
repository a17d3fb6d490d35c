#include "training/tuning/tuning_evaluation.h"

#include <algorithm>
#include <array>
#include <iterator>
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

// What one process adds to the scores.
struct Sums {
  double loss = 0, tokens = 0, examples = 0;
  double answers = 0, parsed = 0, with_truth = 0;
  std::array<double, std::size(kThresholdsKm)> within = {};
};

Status ScoreLoss(const VisionLanguageModel& model, std::span<const TrainingRecord* const> examples,
                 const CancellationToken& cancellation, Sums& sums) {
  for (const TrainingRecord* example : examples) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    GRE_ASSIGN_OR_RETURN(EncodedRecord encoded, EncodeRecord(model, *example));
    const PromptWithCompletions item = {&encoded.prompt, {std::move(encoded.reply)}};
    const CompletionBatch batch = MakeCompletionBatch({&item, 1});
    const CompletionPass pass(model, batch, {.score_only = true});
    sums.loss -= pass.Scores().log_probabilities.sum().item<double>();
    sums.tokens += static_cast<double>(batch.targets.size(0));
    ++sums.examples;
  }
  return {};
}

Status ScoreAnswers(const std::shared_ptr<const VisionLanguageModel>& model,
                    std::span<const TrainingRecord* const> examples, int max_new_tokens,
                    const CancellationToken& cancellation, Sums& sums) {
  SamplingOptions sampling;  // greedy
  sampling.max_new_tokens = max_new_tokens;
  LocalEngine engine(model, {EngineKind::kLocal, "policy", ""});
  for (size_t begin = 0; begin < examples.size(); begin += kAnswersAtOnce) {
    const auto part = examples.subspan(begin, std::min(kAnswersAtOnce, examples.size() - begin));
    std::vector<GenerationRequest> requests;
    for (const TrainingRecord* example : part) {
      GRE_ASSIGN_OR_RETURN(GenerationRequest request, MakeRequest(*example, sampling, 1));
      requests.push_back(std::move(request));
    }
    const auto results = engine.Generate(requests, {}, cancellation);
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i].ok()) return results[i].error();
      const ParsedAnswer answer = ParseReply(results[i]->completions.front().text);
      ++sums.answers;
      sums.parsed += answer.point ? 1 : 0;
      if (!part[i]->point) continue;
      ++sums.with_truth;
      for (size_t t = 0; t < std::size(kThresholdsKm); ++t) {
        const bool right =
            answer.point && GeodesicDistanceKm(*answer.point, *part[i]->point) <= kThresholdsKm[t];
        sums.within[t] += right ? 1 : 0;
      }
    }
  }
  return {};
}

// Every size-th from the rank-th on.
std::vector<const TrainingRecord*> ShareOf(std::span<const TrainingRecord> examples,
                                           const Collective& collective) {
  std::vector<const TrainingRecord*> share;
  for (auto i = static_cast<size_t>(collective.rank()); i < examples.size();
       i += static_cast<size_t>(collective.size())) {
    share.push_back(&examples[i]);
  }
  return share;
}

}  // namespace

Result<TuningScores> EvaluateTuning(const std::shared_ptr<const VisionLanguageModel>& model,
                                    std::span<const TrainingRecord> examples, int64_t answers,
                                    int max_new_tokens, Collective& collective,
                                    const CancellationToken& cancellation) {
  const at::NoGradGuard no_grad;
  Sums sums;
  Status status = ScoreLoss(*model, ShareOf(examples, collective), cancellation, sums);
  if (status.ok()) {
    const auto count = std::min(examples.size(), static_cast<size_t>(answers));
    status = ScoreAnswers(model, ShareOf(examples.first(count), collective), max_new_tokens,
                          cancellation, sums);
  }
  GRE_RETURN_IF_ERROR(collective.Agree(status));
  std::vector<double> all = {sums.loss,    sums.tokens, sums.examples,
                             sums.answers, sums.parsed, sums.with_truth};
  all.insert(all.end(), sums.within.begin(), sums.within.end());
  GRE_RETURN_IF_ERROR(collective.Sum(all));
  TuningScores scores;
  scores.loss = all[0] / std::max(1.0, all[1]);
  scores.examples = static_cast<int64_t>(all[2]);
  scores.answers = static_cast<int64_t>(all[3]);
  scores.parsed = all[4] / std::max(1.0, all[3]);
  scores.with_truth = static_cast<int64_t>(all[5]);
  for (size_t t = 0; scores.with_truth > 0 && t < std::size(kThresholdsKm); ++t) {
    scores.accuracy_km[kThresholdsKm[t]] = all[6 + t] / all[5];
  }
  return scores;
}

}  // namespace gre
