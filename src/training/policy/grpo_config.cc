#include "training/policy/grpo_config.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/setting_checks.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::pair<std::string_view, PolicyLossType> kLosses[] = {
    {"grpo", PolicyLossType::kGrpo},
    {"bnpo", PolicyLossType::kBnpo},
    {"dr_grpo", PolicyLossType::kDrGrpo},
    {"dapo", PolicyLossType::kDapo}};
constexpr std::pair<std::string_view, ImportanceLevel> kLevels[] = {
    {"token", ImportanceLevel::kToken}, {"sequence", ImportanceLevel::kSequence}};
constexpr std::pair<std::string_view, AdvantageScale> kScales[] = {
    {"group", AdvantageScale::kGroup},
    {"batch", AdvantageScale::kBatch},
    {"none", AdvantageScale::kNone}};

template <typename Value, size_t N>
const Value* Find(const std::pair<std::string_view, Value> (&words)[N], std::string_view word) {
  for (const auto& [name, value] : words) {
    if (name == word) return &value;
  }
  return nullptr;
}

// Each setting is named once; all of them influence the weights.
template <typename Config, typename Visitor>
void VisitSettings(Config& config, Visitor&& visit) {
  visit("grpo.stage", config.stage);
  visit("grpo.updates", config.updates);
  visit("grpo.group_size", config.group_size);
  visit("grpo.temperature", config.temperature);
  visit("grpo.top_k", config.top_k);
  visit("grpo.top_p", config.top_p);
  visit("grpo.max_new_tokens", config.max_new_tokens);
  visit("grpo.loss", config.loss);
  visit("grpo.importance", config.importance);
  visit("grpo.scale", config.scale);
  visit("grpo.epsilon_low", config.epsilon_low);
  visit("grpo.epsilon_high", config.epsilon_high);
  visit("grpo.beta", config.beta);
  visit("grpo.iterations", config.iterations);
  visit("grpo.mask_truncated", config.mask_truncated);
  visit("grpo.resample", config.resample);
  visit("rewards.judge", config.weights.values[static_cast<size_t>(RewardPart::kJudge)]);
  visit("rewards.distance", config.weights.values[static_cast<size_t>(RewardPart::kDistance)]);
  visit("rewards.format", config.weights.values[static_cast<size_t>(RewardPart::kFormat)]);
  visit("rewards.chain", config.weights.values[static_cast<size_t>(RewardPart::kChain)]);
  visit("rewards.theta_km", config.theta_km);
  visit("rewards.theta_last_km", config.curriculum.last_km);
  visit("rewards.theta_factor", config.curriculum.factor);
  visit("rewards.theta_level", config.curriculum.level);
  visit("rewards.theta_hold", config.curriculum.hold);
  visit("rewards.theta_smoothing", config.curriculum.smoothing);
  visit("rewards.places_per_country", config.places_per_country);
}

Status CheckGrpo(GrpoConfig& config, const std::string& path) {
  SettingChecks check(path);
  const bool judge = config.stage == "judge";
  check.Expect(judge || config.stage == "place", "grpo.stage", config.stage,
               "judge (stage I) or place (stage II)");
  check.Expect(config.updates >= 1, "grpo.updates", config.updates,
               "at least 1 (required, there is no default)");
  check.Range("grpo.group_size", config.group_size, 2, 1024);
  check.Range("grpo.temperature", config.temperature, 0.01, 10);
  check.Range("grpo.top_k", config.top_k, 0, 1e6);
  check.Expect(config.top_p > 0 && config.top_p <= 1, "grpo.top_p", config.top_p, "above 0 to 1");
  check.Range("grpo.max_new_tokens", config.max_new_tokens, 1, 65536);
  check.Expect(Find(kLosses, config.loss) != nullptr, "grpo.loss", config.loss,
               "grpo, bnpo, dr_grpo or dapo");
  check.Expect(Find(kLevels, config.importance) != nullptr, "grpo.importance", config.importance,
               "token or sequence");
  check.Expect(Find(kScales, config.scale) != nullptr, "grpo.scale", config.scale,
               "group, batch or none");
  check.Range("grpo.epsilon_low", config.epsilon_low, 0, 1);
  check.Range("grpo.epsilon_high", config.epsilon_high, 0, 100);
  check.Range("grpo.beta", config.beta, 0, 100);
  check.Range("grpo.iterations", config.iterations, 1, 64);
  check.Range("grpo.resample", config.resample, 0, 65536);
  for (const RewardPart part : kRewardParts) {
    check.Range(Concat({"rewards.", RewardPartName(part)}), config.weights[part], 0, 1000);
  }
  check.Expect(WeightedReward({{1, 1, 1, 1}}, config.weights) > 0, "rewards.distance",
               config.weights[RewardPart::kDistance], "a weight above 0 of some part");
  const bool counts = config.weights[RewardPart::kDistance] > 0;
  check.Expect(config.theta_km >= (counts ? 1e-6 : 0) && config.theta_km <= 1e6, "rewards.theta_km",
               config.theta_km,
               "above 0 to 1e6 (required where rewards.distance counts, GRE's own is unpublished)");
  if (config.curriculum.last_km == 0) config.curriculum.last_km = config.theta_km;
  config.curriculum.first_km = config.theta_km;
  check.Expect(config.curriculum.last_km >= 0 && config.curriculum.last_km <= config.theta_km,
               "rewards.theta_last_km", config.curriculum.last_km, "0 to rewards.theta_km");
  check.Range("rewards.theta_factor", config.curriculum.factor, 0.01, 0.99);
  check.Range("rewards.theta_level", config.curriculum.level, 0, 1);
  check.Range("rewards.theta_hold", config.curriculum.hold, 1, 1e9);
  check.Range("rewards.theta_smoothing", config.curriculum.smoothing, 0, 0.9999);
  check.Range("rewards.places_per_country", config.places_per_country, 1, 100000);
  return check.problem();
}

}  // namespace

Result<GrpoConfig> GrpoConfig::Load(const std::string& path,
                                    const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(SettingsReader reader, SettingsReader::Load(path, overrides));
  GrpoConfig config;
  config.tuning.Read(reader);
  VisitSettings(config, [&](const char* key, auto& field) { reader.Read(key, field); });
  reader.Read("rewards.gallery", config.gallery);
  config.rollouts.Read(reader);
  GRE_RETURN_IF_ERROR(reader.Finish());
  GRE_RETURN_IF_ERROR(config.tuning.Check(path));
  GRE_RETURN_IF_ERROR(CheckGrpo(config, path));
  GRE_RETURN_IF_ERROR(config.rollouts.Check(path, config.tuning.checkpoint.directory,
                                            config.temperature, config.tuning.full()));
  return config;
}

PolicyLossOptions GrpoConfig::loss_options() const {
  return {.type = *Find(kLosses, loss),
          .importance = *Find(kLevels, importance),
          .epsilon_low = epsilon_low,
          .epsilon_high = epsilon_high,
          .beta = beta,
          .max_completion_tokens = max_new_tokens};
}

AdvantageScale GrpoConfig::advantage_scale() const { return *Find(kScales, scale); }

std::string GrpoConfig::Describe() const {
  return Concat({tuning.Describe(/*supervised=*/false), "rewards.gallery = ", ShowSetting(gallery),
                 "\n", Own(), rollouts.Describe()});
}

std::string GrpoConfig::Fingerprint() const {
  return Concat({tuning.Fingerprint(), "optim.micro_batch_size = ",
                 ShowSetting(tuning.optim.micro_batch_size), "\n", Own(), rollouts.Fingerprint()});
}

std::string GrpoConfig::Own() const {
  std::string text;
  VisitSettings(*this, [&](const char* key, const auto& field) {
    text += Concat({key, " = ", ShowSetting(field), "\n"});
  });
  return text;
}

}  // namespace gre
