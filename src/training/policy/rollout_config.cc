#include "training/policy/rollout_config.h"

#include <filesystem>

#include "core/setting_checks.h"
#include "core/strings.h"

namespace gre {
namespace {

// Each setting is named once, here or in the next; these influence the weights.
template <typename Config, typename Visitor>
void VisitSettings(Config& config, Visitor&& visit) {
  visit("rollouts.logprobs", config.logprobs);
  visit("rollouts.correction", config.correction);
  visit("rollouts.correction_level", config.correction_level);
  visit("rollouts.correction_floor", config.correction_floor);
  visit("rollouts.correction_cap", config.correction_cap);
}

template <typename Config, typename Visitor>
void VisitPlaces(Config& config, Visitor&& visit) {
  visit("rollouts.engine", config.engine);
  visit("rollouts.dialect", config.dialect);
  visit("rollouts.adapters", config.adapters);
  visit("rollouts.adapters_on_server", config.adapters_on_server);
  visit("rollouts.concurrency", config.concurrency);
  visit("rollouts.timeout_s", config.timeout_s);
  visit("rollouts.attempts", config.attempts);
}

}  // namespace

ChatDialect RolloutConfig::chat_dialect() const {
  return dialect == "sglang" ? ChatDialect::kSglang : ChatDialect::kVllm;
}

CorrectionOptions RolloutConfig::correction_options() const {
  CorrectionOptions options;
  options.kind = correction == "mask"       ? CorrectionKind::kMask
                 : correction == "truncate" ? CorrectionKind::kTruncate
                                            : CorrectionKind::kNone;
  options.level =
      correction_level == "token" ? ImportanceLevel::kToken : ImportanceLevel::kSequence;
  options.floor = correction_floor;
  options.cap = correction_cap;
  return options;
}

void RolloutConfig::Read(SettingsReader& reader) {
  const auto read = [&](const char* key, auto& field) { reader.Read(key, field); };
  VisitPlaces(*this, read);
  VisitSettings(*this, read);
}

Status RolloutConfig::Check(const std::string& path, const std::string& run_directory,
                            double temperature, bool full) {
  SettingChecks check(path);
  const bool url = engine.starts_with("http://") || engine.starts_with("https://");
  check.Expect(!served() || url, "rollouts.engine", engine, "local or the URL of a server");
  check.Expect(!served() || dialect == "vllm" || dialect == "sglang", "rollouts.dialect", dialect,
               "vllm or sglang");
  check.Expect(!served() || !full, "rollouts.engine", engine,
               "local with tune.method = full: servers are given adapters");
  check.Expect(logprobs.empty() || logprobs == "raw" || logprobs == "processed",
               "rollouts.logprobs", logprobs, "raw, processed or nothing");
  if (logprobs.empty()) logprobs = dialect == "sglang" ? "processed" : "raw";
  check.Expect(!served() || processed() || temperature == 1 || correction == "none",
               "rollouts.logprobs", logprobs,
               "processed where grpo.temperature is not 1 (vLLM: --logprobs-mode "
               "processed_logprobs), or rollouts.correction = none");
  check.Expect(correction == "mask" || correction == "truncate" || correction == "none",
               "rollouts.correction", correction, "mask, truncate or none");
  check.Expect(correction_level == "sequence" || correction_level == "token",
               "rollouts.correction_level", correction_level, "sequence or token");
  check.Range("rollouts.correction_floor", correction_floor, 0, 1);
  check.Range("rollouts.correction_cap", correction_cap, 1, 1e6);
  check.Range("rollouts.concurrency", concurrency, 1, 1024);
  check.Range("rollouts.timeout_s", timeout_s, 0.001, 1e6);
  check.Range("rollouts.attempts", attempts, 1, 100);
  if (adapters.empty()) adapters = run_directory + "/adapters";
  if (adapters_on_server.empty()) {
    std::error_code error;  // an absolute path: the server works in another folder
    adapters_on_server = std::filesystem::absolute(adapters, error).lexically_normal().string();
  }
  return check.problem();
}

std::string RolloutConfig::Describe() const {
  std::string text = Concat({"rollouts.engine = ", ShowSetting(engine), "\n"});
  if (!served()) return text;
  text.clear();
  const auto add = [&](const char* key, const auto& field) {
    text += Concat({key, " = ", ShowSetting(field), "\n"});
  };
  VisitPlaces(*this, add);
  VisitSettings(*this, add);
  return text;
}

std::string RolloutConfig::Fingerprint() const {
  if (!served()) return "rollouts.engine = local\n";
  std::string text = "rollouts.engine = a server\n";
  VisitSettings(*this, [&](const char* key, const auto& field) {
    text += Concat({key, " = ", ShowSetting(field), "\n"});
  });
  return text;
}

}  // namespace gre
