#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "model/qwen2_5_vl/config.h"

namespace gre {

// What a model's configuration says of its size; no weight is read.
struct ModelShape {
  Qwen25VlConfig config;
  Qwen25VlProcessorConfig processor;
  int64_t text_parameters = 0;    // with embeddings, and the head where it is not tied
  int64_t vision_parameters = 0;  // tower and merger
  int64_t merger_parameters = 0;  // of them
  int64_t bytes_per_value = 2;    // as stored

  // Parameters of an adapter of this rank on the language model's layers; `targets` are names such
  // as "q_proj". An unknown name adds nothing.
  [[nodiscard]] int64_t AdapterParameters(const std::vector<std::string>& targets,
                                          int64_t rank) const;
  // Of one token in the cache, in values.
  [[nodiscard]] int64_t CacheValues() const;
};

// Of a directory with config.json (Qwen2.5-VL). kInvalidInput for other architectures.
Result<ModelShape> ReadModelShape(const std::string& directory);

}  // namespace gre
