#include "model/bert/config.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "model/config_reader.h"

namespace gre {
namespace {

// Caps far above any published model; products of two of them stay within 63 bits.
constexpr int64_t kMaxWidth = 1 << 20;
constexpr int64_t kMaxDepth = 1024;
constexpr int64_t kMaxVocabulary = 1 << 22;
constexpr int64_t kMaxPositions = 1 << 20;

// An optional JSON file; a file that cannot be read is a problem.
std::optional<Json> ReadOptional(const std::string& path, std::vector<std::string>& problems) {
  if (!FileExists(path)) return std::nullopt;
  auto json = ReadJsonFile(path);
  if (json.ok()) return std::move(json).value();
  problems.push_back(json.error().message);
  return std::nullopt;
}

void ReadPooling(const std::string& directory, const std::string& module, SentenceConfig& config,
                 std::vector<std::string>& problems) {
  const std::string file = module + "/config.json";
  const auto json = ReadOptional(directory + "/" + file, problems);
  if (!json) return;
  const ConfigReader reader(*json, file + ": ", problems);
  for (const auto& [key, value] : json->items()) {
    const bool on = key.starts_with("pooling_mode_") && value.is_boolean() && value.get<bool>();
    if (on && key != "pooling_mode_mean_tokens" && key != "pooling_mode_cls_token") {
      reader.Problem(key.c_str(), "false", "true");
    }
  }
  const bool mean = reader.Bool({"pooling_mode_mean_tokens"}).value_or(false);
  const bool first = reader.Bool({"pooling_mode_cls_token"}).value_or(false);
  if (mean == first) {
    reader.Problem("pooling_mode_mean_tokens", "this or pooling_mode_cls_token to be true",
                   mean ? "both" : "neither");
  }
  config.pooling = first && !mean ? Pooling::kFirstToken : Pooling::kMean;
}

}  // namespace

Result<BertReading> ParseBertConfig(std::string_view json) {
  auto parsed = ParseJson(json);
  if (!parsed.ok()) return std::move(parsed).error().Wrap("config.json");
  if (!parsed->is_object()) {
    return Error{ErrorCode::kInvalidInput, "config.json: expected a JSON object"};
  }
  BertReading reading;
  BertConfig& config = reading.config;
  const ConfigReader reader(*parsed, "config.json: ", reading.problems);
  if (reader.Text({"model_type"}) != "bert") {
    reader.Problem("model_type", "\"bert\"", "another");
  }
  config.layer.hidden_size = reader.Integer({"hidden_size"}, 1, kMaxWidth);
  config.layer.intermediate_size = reader.Integer({"intermediate_size"}, 1, kMaxWidth);
  config.layer.num_heads = reader.Integer({"num_attention_heads"}, 1, kMaxWidth);
  if (config.layer.hidden_size % config.layer.num_heads != 0) {
    reader.Problem("num_attention_heads",
                   "a divisor of hidden_size (" + std::to_string(config.layer.hidden_size) + ")",
                   std::to_string(config.layer.num_heads));
  }
  config.layer.norm_eps = reader.Number({"layer_norm_eps"}, 0, 1e-2, 1e-12);
  const std::string activation = reader.Text({"hidden_act"}).value_or("gelu");
  if (const auto known = ActivationFromName(activation)) {
    config.layer.activation = *known;
  } else {
    reader.Problem("hidden_act", R"("gelu", "gelu_new", "quick_gelu" or "relu")",
                   '"' + activation + '"');
  }
  config.num_layers = reader.Integer({"num_hidden_layers"}, 1, kMaxDepth);
  config.vocab_size = reader.Integer({"vocab_size"}, 1, kMaxVocabulary);
  config.max_positions = reader.Integer({"max_position_embeddings"}, 2, kMaxPositions);
  config.type_vocab_size = reader.Integer({"type_vocab_size"}, 1, kMaxWidth, 2);
  reader.ExpectText({"position_embedding_type"}, "absolute");
  reader.ExpectBool({"is_decoder"}, false);
  if (reader.Has("quantization_config")) {
    reader.Problem("quantization_config", "plain weights", "a quantised checkpoint");
  }
  return reading;
}

SentenceConfig ReadSentenceConfig(const std::string& directory, int64_t max_positions,
                                  std::vector<std::string>& problems) {
  SentenceConfig config;
  config.max_tokens = max_positions;
  const auto limits = ReadOptional(directory + "/sentence_bert_config.json", problems);
  if (limits) {
    const ConfigReader reader(*limits, "sentence_bert_config.json: ", problems);
    config.max_tokens = std::min(
        reader.Integer({"max_seq_length"}, 2, kMaxPositions, max_positions), max_positions);
  }
  const auto modules = ReadOptional(directory + "/modules.json", problems);
  if (!modules) return config;
  if (!modules->is_array()) {
    problems.emplace_back("modules.json: expected a list");
    return config;
  }
  for (size_t i = 0; i < modules->size(); ++i) {
    const ConfigReader module((*modules)[i], "modules.json: [" + std::to_string(i) + "].",
                              problems);
    const std::string type = module.Text({"type"}).value_or("");
    const std::string path = module.Text({"path"}).value_or("");
    const std::string name = type.substr(type.rfind('.') + 1);
    if (name == "Pooling" && path.find("..") == std::string::npos && !path.starts_with('/')) {
      ReadPooling(directory, path, config, problems);
    } else if (name != "Transformer" && name != "Normalize") {
      module.Problem("type", "Transformer, Pooling or Normalize", '"' + type + '"');
    }
  }
  return config;
}

}  // namespace gre
