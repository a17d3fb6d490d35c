#include "bench/chains/chain_scorers.h"

#include <span>
#include <utility>

#include "bench/chains/bert_score.h"
#include "bench/chains/clip_score.h"

namespace gre {
namespace {

TokenVectors Together(std::span<const TokenVectors> parts) {
  TokenVectors all;
  for (const TokenVectors& part : parts) {
    if (part.ids.empty()) continue;
    all.dimensions = part.dimensions;
    all.ids.insert(all.ids.end(), part.ids.begin(), part.ids.end());
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
    all.truncated |= part.truncated;
  }
  return all;
}

std::vector<std::span<const float>> Rows(const Vectors& vectors) {
  std::vector<std::span<const float>> rows;
  rows.reserve(vectors.size());
  for (size_t i = 0; i < vectors.size(); ++i) rows.push_back(vectors[i]);
  return rows;
}

}  // namespace

void UseEmbedder(Embedder& embedder, ChainScorers& scorers) {
  scorers.embedder = embedder.info().model;
  scorers.similarity = [&embedder](ChainScorers::Texts texts,
                                   ChainScorers::Texts references) -> Result<std::vector<float>> {
    GRE_ASSIGN_OR_RETURN(const Vectors left, embedder.EmbedSentences(texts));
    GRE_ASSIGN_OR_RETURN(const Vectors right, embedder.EmbedSentences(references));
    std::vector<float> cosines;
    cosines.reserve(left.size() * right.size());
    for (const std::span<const float> a : Rows(left)) {
      for (const std::span<const float> b : Rows(right)) {
        cosines.push_back(static_cast<float>(Cosine(a, b)));
      }
    }
    return cosines;
  };
  scorers.inference = [&embedder](ChainScorers::Texts texts,
                                  ChainScorers::Texts references) -> Result<double> {
    GRE_ASSIGN_OR_RETURN(const std::vector<TokenVectors> left, embedder.EmbedTokens(texts));
    GRE_ASSIGN_OR_RETURN(const std::vector<TokenVectors> right, embedder.EmbedTokens(references));
    const auto score = ComputeBertScore(Together(left), Together(right));
    return score ? score->f1 : Prediction::kUnknown;
  };
}

void UseClip(ImageTextEmbedder& clip, PhotoLoader photos, ChainScorers& scorers) {
  scorers.clip = clip.info().model;
  scorers.caption = [&clip, photos = std::move(photos)](
                        const TruthRecord& truth, ChainScorers::Texts captions) -> Result<double> {
    const Result<RgbImage> photo = photos(truth);
    if (!photo.ok()) return Prediction::kUnknown;
    const RgbImage* const images[] = {&*photo};
    GRE_ASSIGN_OR_RETURN(const Vectors image, clip.EmbedImages(images));
    GRE_ASSIGN_OR_RETURN(const Vectors candidates, clip.EmbedTexts(captions));
    GRE_ASSIGN_OR_RETURN(const Vectors references, clip.EmbedTexts(truth.captions));
    const std::vector<std::span<const float>> reference_rows = Rows(references);
    double sum = 0;
    for (const std::span<const float> candidate : Rows(candidates)) {
      sum += RefClipScore(candidate, image[0], reference_rows).value_or(Prediction::kUnknown);
    }
    return sum / static_cast<double>(candidates.size());
  };
}

}  // namespace gre
