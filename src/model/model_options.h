#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace gre {

struct ModelLoadOptions {
  at::Device device = at::kCPU;
  std::optional<at::ScalarType> dtype = {};  // absent: the architecture's choice (the checkpoint's)
  std::string adapter_dir = {};              // PEFT LoRA directory; empty for none
  // Adds the adapter to the weights while loading (faster to run, cannot be removed) instead of
  // computing it beside them.
  bool merge_adapter = false;
  int64_t max_pixels = 0;  // of a prepared image; 0 = the model's preprocessor_config.json
  // Keeps weights plain and writable instead of packing them for inference.
  bool trainable = false;
};

}  // namespace gre
