#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <c10/core/Device.h>

#include "core/result.h"
#include "generation/embedder.h"

namespace gre {

// The embedders that run in this process. `name` stands in their info. Errors name what is wrong
// with the directory; `token_layer` (0 = the last) must be a layer of the model. LibTorch's
// exceptions become errors here and in the embedders.
Result<std::unique_ptr<Embedder>> LoadLocalEmbedder(const std::string& directory, std::string name,
                                                    int64_t token_layer, c10::Device device);
Result<std::unique_ptr<ImageTextEmbedder>> LoadLocalImageTextEmbedder(const std::string& directory,
                                                                      std::string name,
                                                                      c10::Device device);

}  // namespace gre
