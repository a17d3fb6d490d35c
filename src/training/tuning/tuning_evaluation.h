#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "model/vision_language_model.h"
#include "training/parallel/collective.h"
#include "training/tuning/training_records.h"

namespace gre {

struct TuningScores {
  int64_t examples = 0;
  double loss = 0;  // mean over the replies' tokens
  // Of the greedy answers to the first of the examples.
  int64_t answers = 0;
  double parsed = 0;       // share whose answer holds coordinates
  int64_t with_truth = 0;  // answers whose truth is a point
  std::map<double, double>
      accuracy_km;  // of those, the share within each distance; unparsed: wrong
};

// Scores the model on examples that it does not learn from; the first `answers` of them are also
// answered, greedily, by an engine on the same weights. Processes share the examples.
Result<TuningScores> EvaluateTuning(const std::shared_ptr<const VisionLanguageModel>& model,
                                    std::span<const TrainingRecord> examples, int64_t answers,
                                    int max_new_tokens, Collective& collective,
                                    const CancellationToken& cancellation);

}  // namespace gre
