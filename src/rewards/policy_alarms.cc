#include "rewards/policy_alarms.h"

#include <algorithm>

#include "core/strings.h"

namespace gre {
namespace {

constexpr int64_t kFlatUpdates = 50;  // without a better mean reward
constexpr double kFlatGain = 0.005;
constexpr double kMostZeroAdvantage = 0.5;
constexpr double kLeastEntropyShare = 0.1;  // of the first window's
constexpr double kMostKl = 1;               // nats a token
constexpr double kMostTruncated = 0.3;
constexpr double kLeastFormat = 0.5;
constexpr double kMostMismatch = 0.05;  // exp(0.05) = 1.05, above which others saw runs fail
constexpr double kLeastRatio = 0.8, kMostRatio = 1.25;
constexpr double kMostCorrected = 0.1;
constexpr char kMismatchAdvice[] =
    " of the tokens corrected): is its precision model.dtype, does it apply the adapter to every "
    "module, and is rollouts.logprobs what it sends?";

PolicyStatistics MeanOf(const std::vector<PolicyStatistics>& window) {
  PolicyStatistics mean;
  const auto count = static_cast<double>(window.size());
  const auto learnt = static_cast<double>(
      std::ranges::count_if(window, [](const PolicyStatistics& s) { return s.learnt; }));
  mean.learnt = learnt > 0;
  if (mean.learnt) mean.ratio = 0;
  for (const PolicyStatistics& s : window) {
    mean.reward += s.reward / count;
    mean.format += s.format / count;
    mean.zero_advantage += s.zero_advantage / count;
    mean.truncated += s.truncated / count;
    if (!s.learnt) continue;
    mean.entropy += s.entropy / learnt;
    mean.kl += s.kl / learnt;
    mean.mismatch += s.mismatch / learnt;
    mean.ratio += s.ratio / learnt;
    mean.corrected += s.corrected / learnt;
  }
  return mean;
}

}  // namespace

std::vector<std::string> PolicyAlarms::Observe(const PolicyStatistics& statistics) {
  window_.push_back(statistics);
  if (window_.size() < kWindow) return {};
  if (window_.size() > kWindow) window_.erase(window_.begin());
  const PolicyStatistics mean = MeanOf(window_);
  if (!first_entropy_ && mean.learnt) first_entropy_ = mean.entropy;
  if (mean.reward > best_reward_ + kFlatGain) {
    best_reward_ = mean.reward;
    since_best_ = 0;
  } else {
    ++since_best_;
  }

  std::vector<std::string> begun;
  const auto judge = [&](const char* name, bool holds, const std::string& text) {
    bool& active = active_[name];
    if (holds && !active) begun.push_back(text);
    active = holds;
  };
  const auto percent = [](double share) { return FormatFixed(100 * share, 0) + " %"; };
  judge("flat", since_best_ >= kFlatUpdates,
        Concat({"the reward has been flat at ", FormatFixed(best_reward_, 3), " for ",
                std::to_string(since_best_),
                " updates: try a larger theta, a larger group or a higher learning rate"}));
  judge("zero", mean.zero_advantage > kMostZeroAdvantage,
        Concat({percent(mean.zero_advantage),
                " of the groups have equal rewards and teach nothing: raise grpo.temperature or "
                "grpo.group_size, set grpo.resample, or take a theta that tells answers apart"}));
  const double first_entropy = first_entropy_.value_or(0);
  judge("entropy", mean.learnt && mean.entropy < kLeastEntropyShare * first_entropy,
        Concat({"the entropy fell from ", FormatFixed(first_entropy, 3), " to ",
                FormatFixed(mean.entropy, 3),
                " nats a token: lower the learning rate, raise grpo.epsilon_high or grpo.beta"}));
  judge("kl", mean.kl > kMostKl,
        Concat({"the KL to the reference is ", FormatFixed(mean.kl, 2),
                " nats a token: lower the learning rate or raise grpo.beta"}));
  judge("length", mean.truncated > kMostTruncated,
        Concat({percent(mean.truncated),
                " of the completions are cut at grpo.max_new_tokens: raise it, or set "
                "grpo.mask_truncated"}));
  judge("format", mean.format < kLeastFormat,
        Concat({"only ", percent(mean.format),
                " of the completions keep the form: fine-tune first (gre train sft), or give "
                "rewards.format more weight"}));
  judge("mismatch",
        mean.mismatch > kMostMismatch || mean.ratio < kLeastRatio || mean.ratio > kMostRatio ||
            mean.corrected > kMostCorrected,
        Concat({"the server's log-probabilities lie ", FormatFixed(mean.mismatch, 3),
                " nats a token from the trainer's (mean ratio ", FormatFixed(mean.ratio, 2), ", ",
                percent(mean.corrected), kMismatchAdvice}));
  return begun;
}

}  // namespace gre
