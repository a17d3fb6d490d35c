#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/build/benchmark_builder.h"
#include "generation/embedder.h"

namespace gre {

// Compares photos with the indicator corpus: the cosine of the photo and "a photo that shows TEXT".
// Gives the `count` most similar entries, the best first. `clip` is borrowed.
using ClueMatcher = std::function<Result<std::vector<ClueMatch>>(const RgbImage&)>;
Result<ClueMatcher> MakeClueMatcher(ImageTextEmbedder& clip, std::vector<std::string> corpus,
                                    size_t count);

}  // namespace gre
