#include "model/qwen2_5_vl/config.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "model/config_reader.h"

namespace gre {
namespace {

// Caps far above any published model; products of two of them stay within 63 bits.
constexpr int64_t kMaxWidth = 1 << 20;
constexpr int64_t kMaxDepth = 1024;
constexpr int64_t kMaxVocabulary = 1 << 22;
constexpr int64_t kMaxPositions = 1 << 24;

Result<Json> ParseObject(std::string_view text, const char* file) {
  auto json = ParseJson(text);
  if (!json.ok()) return std::move(json).error().Wrap(file);
  if (!json->is_object()) {
    return Error{ErrorCode::kInvalidInput, std::string(file) + ": expected a JSON object"};
  }
  return json;
}

// Rotary settings stand in rope_scaling (beside rope_theta) or in rope_parameters.
void ReadRope(const ConfigReader& reader, DecoderConfig& text) {
  const bool merged = reader.Has("rope_parameters");
  const char* key = merged ? "rope_parameters" : "rope_scaling";
  const ConfigReader rope = reader.Object(key);
  text.rope_theta =
      (merged && rope.Has("rope_theta") ? rope : reader).Number({"rope_theta"}, 1.0, 1e12);
  for (const char* type_key : {"rope_type", "type"}) {
    const auto type = rope.Text({type_key});
    if (type && *type != "mrope" && *type != "default") {
      rope.Problem(type_key, "\"mrope\" or \"default\"", '"' + *type + '"');
    }
  }
  const auto sections = rope.Integers({"mrope_section"}, 1, kMaxWidth);
  if (!sections) {
    if (!rope.Has("mrope_section")) rope.Problem("mrope_section", "three integers", "nothing");
    return;
  }
  text.rope_sections = *sections;
  const int64_t pairs = std::accumulate(sections->begin(), sections->end(), int64_t{0});
  if (sections->size() != 3 || pairs * 2 != text.head_dim) {
    rope.Problem(
        "mrope_section",
        "three integers with sum " + std::to_string(text.head_dim / 2) + " (half the head size)",
        std::to_string(sections->size()) + " with sum " + std::to_string(pairs));
  }
}

void ReadText(const ConfigReader& reader, Qwen25VlConfig& config) {
  DecoderConfig& text = config.text;
  text.hidden_size = reader.Integer({"hidden_size"}, 1, kMaxWidth);
  text.intermediate_size = reader.Integer({"intermediate_size"}, 1, kMaxWidth);
  text.num_layers = reader.Integer({"num_hidden_layers"}, 1, kMaxDepth);
  text.num_heads = reader.Integer({"num_attention_heads"}, 1, kMaxWidth);
  text.num_kv_heads = reader.Integer({"num_key_value_heads"}, 1, kMaxWidth, text.num_heads);
  if (text.num_heads % text.num_kv_heads != 0) {
    reader.Problem("num_key_value_heads",
                   "a divisor of num_attention_heads (" + std::to_string(text.num_heads) + ")",
                   std::to_string(text.num_kv_heads));
  }
  if (!reader.Has("head_dim") && text.hidden_size % text.num_heads != 0) {
    reader.Problem("num_attention_heads",
                   "a divisor of hidden_size (" + std::to_string(text.hidden_size) + ")",
                   std::to_string(text.num_heads));
  }
  text.head_dim = reader.Integer({"head_dim"}, 2, kMaxWidth, text.hidden_size / text.num_heads);
  if (text.num_heads * text.head_dim > kMaxWidth) {
    reader.Problem("head_dim",
                   "at most " + std::to_string(kMaxWidth) + " / num_attention_heads (" +
                       std::to_string(text.num_heads) + ")",
                   std::to_string(text.head_dim));
  }
  text.rms_norm_eps = reader.Number({"rms_norm_eps"}, 1e-12, 1e-2, 1e-5);
  text.qkv_bias = true;
  ReadRope(reader, text);
  reader.ExpectText({"hidden_act"}, "silu");
  reader.ExpectBool({"use_sliding_window"}, false);
  config.vocab_size = reader.Integer({"vocab_size"}, 1, kMaxVocabulary);
  config.max_positions = reader.Integer({"max_position_embeddings"}, 1, kMaxPositions);
}

void ReadVision(const ConfigReader& reader, const DecoderConfig& text, Qwen25VisionConfig& vision) {
  vision.depth = reader.Integer({"depth"}, 1, kMaxDepth);
  vision.hidden_size = reader.Integer({"hidden_size"}, 1, kMaxWidth);
  vision.intermediate_size = reader.Integer({"intermediate_size"}, 1, kMaxWidth);
  vision.num_heads = reader.Integer({"num_heads"}, 1, kMaxWidth);
  if (vision.hidden_size % (vision.num_heads * 4) != 0) {
    reader.Problem("num_heads",
                   "hidden_size (" + std::to_string(vision.hidden_size) +
                       ") to be a multiple of 4 * num_heads",
                   std::to_string(vision.num_heads));
  }
  vision.out_hidden_size = reader.Integer({"out_hidden_size"}, 1, kMaxWidth);
  if (vision.out_hidden_size != text.hidden_size) {
    reader.Problem("out_hidden_size",
                   "the text model's hidden_size (" + std::to_string(text.hidden_size) + ")",
                   std::to_string(vision.out_hidden_size));
  }
  vision.patch_size = reader.Integer({"patch_size"}, 1, 256, 14);
  vision.merge_size = reader.Integer({"spatial_merge_size"}, 1, 16, 2);
  vision.temporal_patch_size = reader.Integer({"temporal_patch_size"}, 1, 16, 2);
  vision.window_size = reader.Integer({"window_size"}, 1, kMaxWidth, 112);
  const int64_t unit = vision.patch_size * vision.merge_size;
  if (vision.window_size % unit != 0) {
    reader.Problem("window_size", "a multiple of " + std::to_string(unit),
                   std::to_string(vision.window_size));
  }
  const auto full = reader.Integers({"fullatt_block_indexes"}, 0, kMaxDepth);
  vision.full_attention_blocks = full.value_or(std::vector<int64_t>{7, 15, 23, 31});
  for (const int64_t index : vision.full_attention_blocks) {
    if (index >= vision.depth && full) {
      reader.Problem("fullatt_block_indexes", "indexes below depth " + std::to_string(vision.depth),
                     std::to_string(index));
    }
  }
  reader.ExpectInteger({"in_channels", "in_chans"}, 3);
  reader.ExpectText({"hidden_act"}, "silu");
}

// eos_token_id is one id or a list of them.
std::vector<int32_t> ReadEosIds(const ConfigReader& reader, const Json& object,
                                int64_t vocab_size) {
  const auto place = object.find("eos_token_id");
  if (place == object.end() || place->is_null()) return {};
  std::vector<int64_t> ids;
  if (place->is_array()) {
    ids = reader.Integers({"eos_token_id"}, 0, vocab_size - 1).value_or(std::vector<int64_t>{});
  } else {
    ids = {reader.Integer({"eos_token_id"}, 0, vocab_size - 1)};
  }
  return {ids.begin(), ids.end()};
}

}  // namespace

Result<ConfigReading<Qwen25VlConfig>> ParseQwen25VlConfig(std::string_view config_json,
                                                          std::string_view generation_json) {
  GRE_ASSIGN_OR_RETURN(const Json json, ParseObject(config_json, "config.json"));
  ConfigReading<Qwen25VlConfig> reading;
  Qwen25VlConfig& config = reading.config;
  const ConfigReader reader(json, "config.json: ", reading.problems);
  reader.ExpectText({"model_type"}, "qwen2_5_vl");
  if (reader.Has("quantization_config")) {
    reader.Problem("quantization_config", "plain weights", "a quantised checkpoint");
  }
  const bool nested = reader.Has("text_config");
  const ConfigReader text = nested ? reader.Object("text_config") : reader;
  ReadText(text, config);
  if (reader.Has("vision_config")) {
    ReadVision(reader.Object("vision_config"), config.text, config.vision);
  } else {
    reader.Problem("vision_config", "an object", "nothing");
  }
  config.tie_word_embeddings = reader.Bool({"tie_word_embeddings"});
  if (!config.tie_word_embeddings) config.tie_word_embeddings = text.Bool({"tie_word_embeddings"});
  config.image_token_id =
      static_cast<int32_t>(reader.Integer({"image_token_id"}, 0, config.vocab_size - 1));

  if (!generation_json.empty()) {
    GRE_ASSIGN_OR_RETURN(const Json generation,
                         ParseObject(generation_json, "generation_config.json"));
    config.eos_ids = ReadEosIds({generation, "generation_config.json: ", reading.problems},
                                generation, config.vocab_size);
  }
  if (config.eos_ids.empty()) config.eos_ids = ReadEosIds(reader, json, config.vocab_size);
  if (config.eos_ids.empty() && nested && json["text_config"].is_object()) {
    config.eos_ids = ReadEosIds(text, json["text_config"], config.vocab_size);
  }
  return reading;
}

Result<ConfigReading<Qwen25VlProcessorConfig>> ParseQwen25VlProcessorConfig(
    std::string_view preprocessor_json, const Qwen25VisionConfig& vision) {
  ConfigReading<Qwen25VlProcessorConfig> reading;
  Json json = Json::object();
  if (!preprocessor_json.empty()) {
    GRE_ASSIGN_OR_RETURN(json, ParseObject(preprocessor_json, "preprocessor_config.json"));
  }
  const ConfigReader reader(json, "preprocessor_config.json: ", reading.problems);
  reader.ExpectInteger({"patch_size"}, vision.patch_size);
  reader.ExpectInteger({"merge_size"}, vision.merge_size);
  reader.ExpectInteger({"temporal_patch_size"}, vision.temporal_patch_size);
  PatchSpec& patches = reading.config.patches;
  patches.patch_size = static_cast<int>(vision.patch_size);
  patches.merge_size = static_cast<int>(vision.merge_size);
  patches.temporal_patch_size = static_cast<int>(vision.temporal_patch_size);
  const auto channels = [&](const char* key, std::array<double, 3>& values) {
    const auto numbers = reader.Numbers({key});
    if (!numbers) return;
    if (numbers->size() != values.size()) {
      reader.Problem(key, "three numbers", std::to_string(numbers->size()));
      return;
    }
    std::copy(numbers->begin(), numbers->end(), values.begin());
  };
  channels("image_mean", patches.mean);
  channels("image_std", patches.std);
  if (std::any_of(patches.std.begin(), patches.std.end(), [](double x) { return !(x > 0); })) {
    reader.Problem("image_std", "positive numbers", "others");
  }

  // Version 5 of transformers keeps the pixel limits in `size`.
  SmartResizeOptions& resize = reading.config.resize;
  resize.factor = static_cast<int>(vision.patch_size * vision.merge_size);
  const int64_t area = int64_t{resize.factor} * resize.factor;
  const bool sized = !reader.Has("max_pixels") && reader.Has("size");
  const ConfigReader limits = sized ? reader.Object("size") : reader;
  constexpr int64_t kMost = int64_t{1} << 40;
  resize.min_pixels = limits.Integer({"min_pixels", "shortest_edge"}, 1, kMost, resize.min_pixels);
  resize.max_pixels =
      limits.Integer({"max_pixels", "longest_edge"}, area, kMost, resize.max_pixels);
  if (resize.min_pixels > resize.max_pixels) {
    limits.Problem("min_pixels", "at most max_pixels (" + std::to_string(resize.max_pixels) + ")",
                   std::to_string(resize.min_pixels));
  }
  return reading;
}

}  // namespace gre
