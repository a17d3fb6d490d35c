#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "model/vision_language_model.h"

namespace gre {

// Writes a model's weights, as they are held, as a Hugging Face directory that loads like its base:
// safetensors in shards of at most `shard_bytes` with an index (or one file), beside the base's
// configuration, tokenizer and templates. The folder appears whole or not at all; an older one of
// the same name is replaced.
Status WriteModel(const std::string& directory, const std::string& base_directory,
                  VisionLanguageModel& model, int64_t shard_bytes = 5'000'000'000);

}  // namespace gre
