#include "training/policy/rollouts.h"

#include <algorithm>
#include <utility>

#include "core/strings.h"

namespace gre {

bool IsFlat(const RolloutGroup& group) {
  return std::ranges::all_of(group.rewards,
                             [&](double reward) { return reward == group.rewards.front(); });
}

Result<std::vector<RolloutGroup>> DrawGroups(TextGenerator& generator,
                                             const VisionLanguageModel& model,
                                             std::span<const PromptDraw> draws,
                                             const RolloutOptions& options, const TruthOf& truth,
                                             double theta_km, const RewardParts& weights,
                                             const CancellationToken& cancellation) {
  std::vector<GenerationRequest> requests;
  std::vector<RolloutGroup> groups;
  for (const auto& [record, epoch] : draws) {
    GRE_ASSIGN_OR_RETURN(EncodedRecord encoded, EncodeRecord(model, *record));
    GRE_ASSIGN_OR_RETURN(GenerationRequest request,
                         MakeRequest(*record, options.sampling, options.group_size));
    request.id = Concat({std::to_string(record->number), "/", std::to_string(epoch)});
    requests.push_back(std::move(request));
    RolloutGroup group;
    group.record = record;
    group.prompt = std::move(encoded.prompt);
    groups.push_back(std::move(group));
  }
  auto results = generator.Generate(requests, {}, cancellation);
  if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!results[i].ok()) return results[i].error();
    RolloutGroup& group = groups[i];
    group.completions = std::move(results[i]->completions);
    group.adapter = generator.info().adapter;
    const RewardTruth known = truth(*group.record);
    for (const Completion& completion : group.completions) {
      if (completion.token_ids.empty()) {
        return Error{ErrorCode::kUnavailable,
                     Concat({group.record->place,
                             ": the engine does not tell the tokens of its "
                             "completions; training needs them"})};
      }
      group.parts.push_back(ScoreCompletion(completion.text, known, theta_km));
      group.rewards.push_back(WeightedReward(group.parts.back(), weights));
    }
  }
  return groups;
}

}  // namespace gre
