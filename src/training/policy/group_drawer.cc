#include "training/policy/group_drawer.h"

#include <algorithm>
#include <utility>

#include "core/random.h"
#include "training/policy/group_exchange.h"
#include "training/tuning/tuning_run.h"

namespace gre {

GroupDrawer::GroupDrawer(const GrpoConfig& config, const VisionLanguageModel& model,
                         TextGenerator& generator, Collective& collective,
                         std::vector<TrainingRecord> records,
                         std::map<std::string, std::vector<LatLng>> places)
    : config_(config),
      model_(model),
      generator_(generator),
      collective_(collective),
      records_(std::move(records)),
      places_(std::move(places)) {}

PromptDraw GroupDrawer::NextPrompt(TrainingPosition& position) {
  if (order_epoch_ != position.epoch) {
    order_ = EpochOrder(records_.size(), config_.tuning.schedule.seed, position.epoch);
    order_epoch_ = position.epoch;
  }
  const PromptDraw draw = {&records_[order_[static_cast<size_t>(position.step_in_epoch)]],
                           position.epoch};
  if (++position.step_in_epoch == static_cast<int64_t>(records_.size())) {
    position.step_in_epoch = 0;
    ++position.epoch;
  }
  return draw;
}

Result<std::vector<RolloutGroup>> GroupDrawer::DrawPrompts(size_t prompts, int64_t update,
                                                           double theta_km,
                                                           TrainingPosition& position,
                                                           const CancellationToken& cancellation) {
  std::vector<PromptDraw> draws;
  for (size_t i = 0; i < prompts; ++i) draws.push_back(NextPrompt(position));
  RolloutOptions options;
  options.group_size = config_.group_size;
  options.sampling.temperature = config_.temperature;
  options.sampling.top_k = config_.top_k;
  options.sampling.top_p = config_.top_p;
  options.sampling.max_new_tokens = config_.max_new_tokens;
  options.sampling.seed =
      HashSeed(HashSeed(config_.tuning.schedule.seed, "rollouts"), static_cast<uint64_t>(update));
  const auto truth = [&](const TrainingRecord& record) {
    RewardTruth known;
    known.label = record.label;
    known.point = record.point;
    const auto place = places_.find(record.country_code);
    if (!record.point && place != places_.end()) known.places = place->second;
    return known;
  };
  std::vector<PromptDraw> own;
  for (auto i = static_cast<size_t>(collective_.rank()); i < draws.size();
       i += static_cast<size_t>(collective_.size())) {
    own.push_back(draws[i]);
  }
  auto drawn =
      DrawGroups(generator_, model_, own, options, truth, theta_km, config_.weights, cancellation);
  GRE_RETURN_IF_ERROR(collective_.Agree(drawn.ok() ? Status() : Status(drawn.error())));
  return ExchangeGroups(collective_, draws, *std::move(drawn));
}

Result<DrawnGroups> GroupDrawer::Draw(int64_t update, double theta_km, TrainingPosition& position,
                                      const CancellationToken& cancellation) {
  const auto draw = [&](int64_t prompts) {
    return DrawPrompts(static_cast<size_t>(prompts), update, theta_km, position, cancellation);
  };
  DrawnGroups result;
  GRE_ASSIGN_OR_RETURN(result.groups, draw(config_.tuning.optim.batch_size));
  std::vector<RolloutGroup>& groups = result.groups;
  result.flat = std::ranges::count_if(groups, IsFlat);
  result.drawn = static_cast<int64_t>(groups.size());
  for (int64_t left = config_.resample; left > 0;) {
    const auto prompts = std::min<int64_t>(std::ranges::count_if(groups, IsFlat), left);
    if (prompts == 0) break;
    GRE_ASSIGN_OR_RETURN(std::vector<RolloutGroup> more, draw(prompts));
    left -= prompts;
    result.drawn += prompts;
    for (RolloutGroup& group : more) {
      if (IsFlat(group)) {
        ++result.flat;
        continue;
      }
      *std::ranges::find_if(groups, IsFlat) = std::move(group);
    }
  }
  return result;
}

}  // namespace gre
