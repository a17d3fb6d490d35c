#pragma once

#include <string>

#include "core/result.h"
#include "model/gre_nano/nano_network.h"

namespace gre {

// Writes a complete gre-nano directory: config.json, tokenizer.json, preprocessor_config.json and
// model.safetensors (float16). Each file is written atomically.
Status ExportNano(const std::string& directory, NanoNetwork& network,
                  const std::string& tokenizer_json);

}  // namespace gre
