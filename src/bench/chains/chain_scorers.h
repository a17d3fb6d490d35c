#pragma once

#include <functional>

#include "bench/chains/chain_quality.h"
#include "generation/embedder.h"

namespace gre {

// What models say about chains, as chain quality asks for it. Models are borrowed.

// Cosines of sentence vectors, and BERTScore F of all texts against all references: the token
// vectors of each side stand together, so that no text needs a partner of its own.
void UseEmbedder(Embedder& embedder, ChainScorers& scorers);

// The upright pixels of a record's photo; an error where there is none.
using PhotoLoader = std::function<Result<RgbImage>(const TruthRecord&)>;

// Mean RefCLIPScore of the captions with the photo and the record's reference captions; NaN where
// the photo cannot be loaded.
void UseClip(ImageTextEmbedder& clip, PhotoLoader photos, ChainScorers& scorers);

}  // namespace gre
