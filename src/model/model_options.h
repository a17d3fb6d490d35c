#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace gre {

struct ModelLoadOptions {
  at::Device device = at::kCPU;
  std::optional<at::ScalarType> dtype = {};  // absent: the architecture's choice (ChoosePrecision)
  int64_t memory_bytes = 0;                  // that weights may take; 0 = not checked
  std::string adapter_dir = {};              // PEFT LoRA directory; empty for none
  // Adds the adapter to the weights while loading (faster to run, cannot be trained) instead of
  // computing it beside them.
  bool merge_adapter = false;
  // A chat template of the directory that is not a published one is replaced by the built-in one
  // instead of being an error.
  bool builtin_chat_template = false;
  int64_t max_pixels = 0;  // of a prepared image; 0 = the model's preprocessor_config.json
  // Keeps weights plain and writable instead of packing them for inference.
  bool trainable = false;
};

}  // namespace gre
