#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "image/patches.h"
#include "image/resize.h"
#include "model/config_reader.h"
#include "model/layers/decoder_config.h"

namespace gre {

// Dimensions of the vision tower (prefix "visual.").
struct Qwen25VisionConfig {
  int64_t depth = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_heads = 0;
  int64_t out_hidden_size = 0;
  int64_t patch_size = 14;
  int64_t merge_size = 2;
  int64_t temporal_patch_size = 2;
  int64_t window_size = 112;                   // pixels, a multiple of patch_size * merge_size
  std::vector<int64_t> full_attention_blocks;  // the others attend within windows

  [[nodiscard]] int64_t merge_area() const { return merge_size * merge_size; }
};

struct Qwen25VlConfig {
  DecoderConfig text;
  Qwen25VisionConfig vision;
  int64_t vocab_size = 0;
  int64_t max_positions = 0;
  std::optional<bool> tie_word_embeddings;  // absent: tied if the checkpoint has no head
  int32_t image_token_id = 0;
  std::vector<int32_t> eos_ids;
};

// preprocessor_config.json.
struct Qwen25VlProcessorConfig {
  SmartResizeOptions resize;
  PatchSpec patches;
};

// config.json, old (flat) and new (nested text_config) form, with the spellings of all published
// transformers versions; generation_config.json (may be empty text) adds end-of-turn ids. An error
// only when a text is no JSON object.
Result<ConfigReading<Qwen25VlConfig>> ParseQwen25VlConfig(std::string_view config_json,
                                                          std::string_view generation_json);
// Empty text gives the published defaults. `vision` is what the fields must agree with.
Result<ConfigReading<Qwen25VlProcessorConfig>> ParseQwen25VlProcessorConfig(
    std::string_view preprocessor_json, const Qwen25VisionConfig& vision);

}  // namespace gre
