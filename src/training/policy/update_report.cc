#include "training/policy/update_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/strings.h"

namespace gre {

using OrderedJson = nlohmann::ordered_json;

UpdateReport SummariseUpdate(const std::vector<RolloutGroup>& groups, UpdateReport report) {
  int64_t completions = 0, truncated = 0;
  double reward = 0;
  for (const RolloutGroup& group : groups) {
    for (size_t i = 0; i < group.completions.size(); ++i) {
      const Completion& completion = group.completions[i];
      const auto tokens = static_cast<int64_t>(completion.token_ids.size());
      ++completions;
      reward += group.rewards[i];
      report.completion_tokens += tokens;
      report.longest_tokens = std::max(report.longest_tokens, tokens);
      truncated += completion.finish_reason == FinishReason::kLength ? 1 : 0;
      for (const RewardPart part : kRewardParts) report.means[part] += group.parts[i][part];
    }
  }
  const auto count = static_cast<double>(completions);
  for (double& mean : report.means.values) mean /= count;
  for (const RolloutGroup& group : groups) {
    for (const RewardParts& parts : group.parts) {
      for (const RewardPart part : kRewardParts) {
        report.deviations[part] += std::pow(parts[part] - report.means[part], 2) / count;
      }
    }
  }
  for (double& deviation : report.deviations.values) deviation = std::sqrt(deviation);
  report.mean_tokens = static_cast<double>(report.completion_tokens) / count;

  const auto tokens = static_cast<double>(std::max<int64_t>(report.sums.tokens, 1));
  const Mismatch mismatch = report.served && report.sums.tokens > 0
                                ? report.sums.mismatch.value_or(Mismatch())
                                : Mismatch();
  report.statistics = {.reward = reward / count,
                       .format = report.means[RewardPart::kFormat],
                       .zero_advantage = static_cast<double>(report.flat_groups) /
                                         static_cast<double>(report.groups),
                       .truncated = static_cast<double>(truncated) / count,
                       .learnt = report.sums.tokens > 0,
                       .entropy = report.sums.entropy / tokens,
                       .kl = report.sums.kl / tokens,
                       .mismatch = mismatch.absolute / tokens,
                       .ratio = mismatch.tokens > 0 ? mismatch.ratios / tokens : 1,
                       .corrected = static_cast<double>(mismatch.corrected) / tokens};
  return report;
}

std::string UpdateLine(const UpdateReport& report, const RewardParts& weights,
                       const std::string& memory) {
  const PolicyStatistics& statistics = report.statistics;
  std::string parts;
  for (const RewardPart part : kRewardParts) {
    if (weights[part] == 0) continue;
    parts += Concat({"  ", RewardPartName(part), " ", FormatFixed(report.means[part], 3), "±",
                     FormatFixed(report.deviations[part], 3)});
  }
  const double speed = static_cast<double>(report.completion_tokens) / report.seconds;
  const double left = report.seconds * static_cast<double>(report.updates - report.update) / 60;
  const std::string progress =
      Concat({"update ", std::to_string(report.update), "/", std::to_string(report.updates)});
  const std::string groups = Concat(
      {"flat groups ", std::to_string(report.flat_groups), "/", std::to_string(report.groups)});
  std::string learnt;
  if (report.sums.tokens > 0) {
    const auto passes = static_cast<double>(report.sums.token_passes);
    const auto clipped = static_cast<double>(report.sums.clipped_low + report.sums.clipped_high);
    learnt =
        Concat({"  loss ", FormatFixed(report.sums.loss, 4), "  kl ", FormatFixed(statistics.kl, 4),
                "  clipped ", FormatFixed(100 * clipped / passes, 1), " %  entropy ",
                FormatFixed(statistics.entropy, 3)});
  }
  return Concat({progress, "  reward ", FormatFixed(statistics.reward, 3), parts, learnt,
                 "  length ", FormatFixed(report.mean_tokens, 0), "  ", groups, "  ",
                 FormatFixed(speed, 0), " tokens/s, ", memory, ", ", FormatFixed(left, 1),
                 " min left"});
}

OrderedJson UpdateJson(const UpdateReport& report, const RewardParts& weights) {
  const UpdateSums& sums = report.sums;
  const bool learnt = sums.tokens > 0;
  const auto passes = static_cast<double>(sums.token_passes);
  const auto if_learnt = [&](double value) { return learnt ? OrderedJson(value) : OrderedJson(); };
  OrderedJson rewards = OrderedJson::object();
  for (const RewardPart part : kRewardParts) {
    if (weights[part] == 0) continue;
    rewards[std::string(RewardPartName(part))] = {{"mean", report.means[part]},
                                                  {"deviation", report.deviations[part]}};
  }
  OrderedJson mismatch;
  if (sums.mismatch) {
    mismatch = if_learnt(sums.mismatch->absolute / static_cast<double>(sums.tokens));
  }
  OrderedJson line = {
      {"update", report.update},
      {"loss", if_learnt(sums.loss)},
      {"reward", report.statistics.reward},
      {"rewards", std::move(rewards)},
      {"kl", if_learnt(report.statistics.kl)},
      {"entropy", if_learnt(report.statistics.entropy)},
      {"clipped_low", if_learnt(static_cast<double>(sums.clipped_low) / passes)},
      {"clipped_high", if_learnt(static_cast<double>(sums.clipped_high) / passes)},
      {"zero_advantage_groups", report.flat_groups},
      {"groups", report.groups},
      {"completion_tokens", {{"mean", report.mean_tokens}, {"longest", report.longest_tokens}}},
      {"truncated", report.statistics.truncated},
      {"engine_mismatch", std::move(mismatch)},
      {"gradient_norm", if_learnt(sums.gradient_norm)},
      {"learning_rate", if_learnt(sums.learning_rate)},
      {"theta_km", report.theta_km},
      {"tokens_per_second", static_cast<double>(report.completion_tokens) / report.seconds},
      {"rollout_seconds", report.rollout_seconds},
      {"seconds", report.seconds}};
  if (report.served) {
    const bool known = learnt && sums.mismatch;
    const auto if_known = [&](double value) { return known ? OrderedJson(value) : OrderedJson(); };
    line["rollouts"] = {{"largest_mismatch", if_known(sums.mismatch.value_or(Mismatch()).largest)},
                        {"mean_ratio", if_known(report.statistics.ratio)},
                        {"corrected", if_known(report.statistics.corrected)},
                        {"different_texts", report.different_texts}};
  }
  return line;
}

OrderedJson RolloutJson(const RolloutGroup& group, int64_t update, const RewardParts& weights) {
  OrderedJson samples = OrderedJson::array();
  for (size_t i = 0; i < group.completions.size(); ++i) {
    OrderedJson parts = OrderedJson::object();
    for (const RewardPart part : kRewardParts) {
      if (weights[part] > 0) parts[std::string(RewardPartName(part))] = group.parts[i][part];
    }
    samples.push_back({{"text", group.completions[i].text},
                       {"reward", group.rewards[i]},
                       {"parts", std::move(parts)},
                       {"advantage", group.advantages[i]},
                       {"truncated", group.completions[i].finish_reason == FinishReason::kLength}});
  }
  const TrainingRecord& record = *group.record;
  OrderedJson truth;
  if (record.point) {
    truth = {{"latitude", record.point->latitude_deg}, {"longitude", record.point->longitude_deg}};
  }
  OrderedJson line = {{"update", update},
                      {"record", record.place},
                      {"photo", record.photo},
                      {"truth", std::move(truth)},
                      {"country_code", record.country_code}};
  if (!group.adapter.empty()) line["adapter"] = group.adapter;
  line["completions"] = std::move(samples);
  return line;
}

}  // namespace gre
