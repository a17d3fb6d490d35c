#include "model/lora/peft_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <nlohmann/json.hpp>
#include <pcre2.h>

#include "core/json.h"
#include "model/config_reader.h"
#include "model/model_report.h"

namespace gre {
namespace {

constexpr int64_t kMaxRank = 1 << 16;
constexpr double kMaxAlpha = 1e9;

// Settings that change the arithmetic and that Linear does not compute. Keys that end in "_config"
// or start with "use_" are refused as well when set: they name such variants, but for eva_config,
// which tells how training began.
constexpr std::array kUnsupported = {"lora_bias",         "layer_replication",
                                     "target_parameters", "trainable_token_indices",
                                     "modules_to_save",   "alora_invocation_tokens"};

// Regular expression with PCRE2's default bounds on work, so that a hostile pattern cannot hang.
class Pattern {
 public:
  explicit Pattern(const std::string& pattern) {
    int error = 0;
    size_t offset = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF, &error, &offset,
                              nullptr));
  }
  [[nodiscard]] bool ok() const { return code_ != nullptr; }
  [[nodiscard]] bool Matches(const std::string& text) const {
    const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
        pcre2_match_data_create_from_pattern(code_.get(), nullptr), &pcre2_match_data_free);
    return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                       data.get(), nullptr) >= 0;
  }

 private:
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code_{nullptr, &pcre2_code_free};
};

std::string ModulePattern(const std::string& key) { return "(.*\\.)?(" + key + ")"; }

template <typename Value>
Value FirstMatch(const std::vector<std::pair<std::string, Value>>& patterns,
                 const std::string& module, Value fallback) {
  for (const auto& [key, value] : patterns) {
    if (Pattern(ModulePattern(key)).Matches(module)) return value;
  }
  return fallback;
}

bool IsSet(const Json& value) {
  return !value.is_null() && value != Json(false) && !(value.is_structured() && value.empty());
}

// Patterns keep the order of the file, which nlohmann's default object does not.
using OrderedJson = nlohmann::ordered_json;

std::vector<std::string> PatternKeys(const OrderedJson& json, const char* field,
                                     const ConfigReader& reader) {
  std::vector<std::string> keys;
  const auto place = json.find(field);
  if (place == json.end() || !place->is_object()) return keys;
  for (const auto& [key, value] : place->items()) {
    if (Pattern(ModulePattern(key)).ok()) {
      keys.push_back(key);
    } else {
      reader.Problem(field, "regular expressions", '"' + key + '"');
    }
  }
  return keys;
}

// Ways of beginning that leave the base's weights alone. The others (PiSSA, OLoRA, CorDA, LoftQ, …)
// train beside changed weights, which the adapter's files do not hold.
constexpr std::array kPlainBeginnings = {"gaussian", "eva", "orthogonal"};

void CheckBeginning(const Json& json, const ConfigReader& reader) {
  const Json value = json.value("init_lora_weights", Json());
  if (!value.is_string()) return;
  const auto& name = value.get_ref<const std::string&>();
  if (std::find(kPlainBeginnings.begin(), kPlainBeginnings.end(), name) != kPlainBeginnings.end()) {
    return;
  }
  reader.Problem("init_lora_weights",
                 "a plain LoRA (PEFT's save_pretrained with "
                 "path_initial_model_for_weight_conversion writes one)",
                 '"' + name.substr(0, 80) + '"');
}

void RefuseUnsupported(const Json& json, const ConfigReader& reader) {
  for (const auto& [key, value] : json.items()) {
    const bool variant =
        (key.ends_with("_config") && key != "eva_config") ||
        (key.starts_with("use_") && key != "use_rslora") ||
        std::find(kUnsupported.begin(), kUnsupported.end(), key) != kUnsupported.end();
    if (variant && IsSet(value)) {
      reader.Problem(key.c_str(), "nothing (not supported)", DumpJson(value).substr(0, 80));
    }
  }
}

}  // namespace

int64_t PeftConfig::RankOf(const std::string& module) const {
  return FirstMatch(rank_pattern, module, rank);
}

double PeftConfig::ScalingOf(const std::string& module) const {
  const auto r = static_cast<double>(RankOf(module));
  return FirstMatch(alpha_pattern, module, alpha) / (rank_stabilised ? std::sqrt(r) : r);
}

Result<PeftConfig> ParsePeftConfig(std::string_view text) {
  auto parsed = ParseJson(text);
  if (!parsed.ok()) return std::move(parsed).error().Wrap("adapter_config.json");
  const Json& json = *parsed;
  std::vector<std::string> problems;
  const ConfigReader reader(json, "adapter_config.json: ", problems);
  PeftConfig config;
  if (reader.Text({"peft_type"}) != "LORA") {
    reader.Problem(
        "peft_type", "\"LORA\"",
        json.is_object() && json.contains("peft_type") ? DumpJson(json["peft_type"]) : "nothing");
  }
  reader.ExpectText({"bias"}, "none");
  config.rank = reader.Integer({"r"}, 1, kMaxRank, config.rank);
  config.alpha = reader.Number({"lora_alpha"}, -kMaxAlpha, kMaxAlpha, config.alpha);
  config.rank_stabilised = reader.Bool({"use_rslora"}).value_or(false);
  if (json.is_object()) {
    RefuseUnsupported(json, reader);
    CheckBeginning(json, reader);
    const auto ordered = OrderedJson::parse(text);
    const ConfigReader ranks = reader.Object("rank_pattern");
    for (const std::string& key : PatternKeys(ordered, "rank_pattern", reader)) {
      config.rank_pattern.emplace_back(key, ranks.Integer({key.c_str()}, 1, kMaxRank));
    }
    const ConfigReader alphas = reader.Object("alpha_pattern");
    for (const std::string& key : PatternKeys(ordered, "alpha_pattern", reader)) {
      config.alpha_pattern.emplace_back(key, alphas.Number({key.c_str()}, -kMaxAlpha, kMaxAlpha));
    }
    const auto layers = json.find("layers_to_transform");
    if (layers != json.end() && layers->is_number()) {
      config.layers = {reader.Integer({"layers_to_transform"}, 0, kMaxRank)};
    } else {
      config.layers = reader.Integers({"layers_to_transform"}, 0, kMaxRank);
    }
  }
  if (problems.empty()) return config;
  return Error{ErrorCode::kInvalidInput, JoinProblems(problems)};
}

}  // namespace gre
