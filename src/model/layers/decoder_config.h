#pragma once

#include <cstdint>
#include <vector>

namespace gre {

// Dimensions of a pre-norm decoder with grouped-query attention, rotary positions and SwiGLU.
struct DecoderConfig {
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_layers = 0;
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;  // divides num_heads
  int64_t head_dim = 0;
  double rms_norm_eps = 1e-6;
  double rope_theta = 1e6;
  std::vector<int64_t> rope_sections;  // sum head_dim / 2; one entry = one-axis positions
  bool qkv_bias = true;
};

}  // namespace gre
