#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/config_reader.h"

namespace gre {

// The content of a gre-nano directory's config.json.
struct NanoConfig {
  int64_t image_size = 320;  // pixels; photos are resized to this square whatever their shape
  int64_t grid = 5;          // image tokens a side; divides image_size / 32
  int64_t vocab_size = 0;
  int64_t hidden_size = 256;
  int64_t intermediate_size = 640;
  int64_t num_layers = 4;
  int64_t num_heads = 8;
  int64_t num_kv_heads = 2;
  int64_t max_positions = 128;
  int64_t summary_size = 512;  // hidden units of the summary token's perceptron
  // Whether the upper tower as ImageNet left it runs beside the trained one, so that the country
  // head reads both: what fine-tuning forgot still helps.
  bool reference_tower = false;
  int64_t num_countries = 0;  // classes of the country head
  // The last image token also carries what the country head believes: the mean of the countries'
  // embeddings under softmax(logits / hint_temperature); 0 = it does not. A low temperature makes
  // the chain commit to one country instead of to the most likely continent.
  double hint_temperature = 0;
  // Whether it reads the lines of chains in a question (GreNano): a model that was taught to judge.
  bool reads_chains = false;
  double rope_theta = 10000;
  double rms_norm_eps = 1e-6;
  int32_t image_token_id = 0;
  int32_t begin_token_id = 0;
  int32_t end_token_id = 0;

  [[nodiscard]] int64_t head_dim() const { return hidden_size / num_heads; }
  [[nodiscard]] int64_t image_tokens() const;  // grid, statistics, summary

  // Without problems the dimensions fit together. An error only when the text is no JSON object.
  static Result<ConfigReading<NanoConfig>> FromJson(std::string_view json);
  [[nodiscard]] std::string ToJson() const;
  // What does not fit: field, expected and found, one line each.
  [[nodiscard]] std::vector<std::string> Problems() const;
};

// Blocks whose per-channel mean and standard deviation become one image token each.
inline constexpr std::array<int, 5> kStatisticsBlocks = {3, 6, 10, 14, 19};

inline int64_t NanoConfig::image_tokens() const {
  return grid * grid + static_cast<int64_t>(kStatisticsBlocks.size()) + 1;
}

}  // namespace gre
