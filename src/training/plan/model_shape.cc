#include "training/plan/model_shape.h"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "model/model_report.h"

namespace gre {
namespace {

// Inputs and outputs of each linear layer of a decoder layer, by name.
std::map<std::string, std::pair<int64_t, int64_t>> LinearsOf(const DecoderConfig& text) {
  const int64_t queries = text.num_heads * text.head_dim;
  const int64_t keys = text.num_kv_heads * text.head_dim;
  return {{"q_proj", {text.hidden_size, queries}},
          {"k_proj", {text.hidden_size, keys}},
          {"v_proj", {text.hidden_size, keys}},
          {"o_proj", {queries, text.hidden_size}},
          {"gate_proj", {text.hidden_size, text.intermediate_size}},
          {"up_proj", {text.hidden_size, text.intermediate_size}},
          {"down_proj", {text.intermediate_size, text.hidden_size}}};
}

int64_t TextParameters(const Qwen25VlConfig& config) {
  const DecoderConfig& text = config.text;
  int64_t layer = 2 * text.hidden_size;  // norms
  for (const auto& [name, shape] : LinearsOf(text)) layer += shape.first * shape.second;
  if (text.qkv_bias) layer += (text.num_heads + 2 * text.num_kv_heads) * text.head_dim;
  const int64_t tables = config.tie_word_embeddings.value_or(false) ? 1 : 2;
  return text.num_layers * layer + text.hidden_size + tables * config.vocab_size * text.hidden_size;
}

int64_t MergerParameters(const Qwen25VisionConfig& vision) {
  const int64_t merged = vision.merge_area() * vision.hidden_size;
  return vision.hidden_size + merged * merged + merged + merged * vision.out_hidden_size +
         vision.out_hidden_size;
}

int64_t TowerParameters(const Qwen25VisionConfig& vision) {
  const int64_t width = vision.hidden_size;
  const int64_t wide = vision.intermediate_size;
  const int64_t attention = 4 * width * width + 4 * width;
  const int64_t block = attention + 3 * width * wide + 2 * wide + width + 2 * width;
  const int64_t patch = 3 * vision.temporal_patch_size * vision.patch_size * vision.patch_size;
  return patch * width + vision.depth * block;
}

}  // namespace

int64_t ModelShape::AdapterParameters(const std::vector<std::string>& targets, int64_t rank) const {
  const auto linears = LinearsOf(config.text);
  int64_t parameters = 0;
  for (const std::string& target : targets) {
    const auto found = linears.find(target);
    if (found == linears.end()) continue;
    parameters += rank * (found->second.first + found->second.second);
  }
  return parameters * config.text.num_layers;
}

int64_t ModelShape::CacheValues() const {
  return 2 * config.text.num_layers * config.text.num_kv_heads * config.text.head_dim;
}

Result<ModelShape> ReadModelShape(const std::string& directory) {
  const std::string path = directory + "/config.json";
  GRE_ASSIGN_OR_RETURN(const Json json, ReadJsonFile(path));
  const std::string type = json.value("model_type", "");
  if (type != "qwen2_5_vl") {
    return Error{ErrorCode::kInvalidInput,
                 Concat({path, ": model_type: expected qwen2_5_vl, found '", type,
                         "', whose training cannot be planned"})};
  }
  GRE_ASSIGN_OR_RETURN(auto reading, ParseQwen25VlConfig(DumpJson(json), ""));
  std::string processor;
  if (FileExists(directory + "/preprocessor_config.json")) {
    GRE_ASSIGN_OR_RETURN(processor, ReadFile(directory + "/preprocessor_config.json"));
  }
  GRE_ASSIGN_OR_RETURN(auto pictures,
                       ParseQwen25VlProcessorConfig(processor, reading.config.vision));
  if (!reading.problems.empty()) {
    return Error{ErrorCode::kInvalidInput, Concat({path, ": ", JoinProblems(reading.problems)})};
  }
  ModelShape shape;
  shape.config = std::move(reading.config);
  shape.processor = pictures.config;
  shape.text_parameters = TextParameters(shape.config);
  shape.merger_parameters = MergerParameters(shape.config.vision);
  shape.vision_parameters = TowerParameters(shape.config.vision) + shape.merger_parameters;
  const Json& text = json.contains("text_config") ? json["text_config"] : json;
  for (const Json* place : {&json, &text}) {
    for (const char* key : {"torch_dtype", "dtype"}) {
      if (place->is_object() && place->contains(key) && (*place)[key] == "float32") {
        shape.bytes_per_value = 4;
      }
    }
  }
  return shape;
}

}  // namespace gre
