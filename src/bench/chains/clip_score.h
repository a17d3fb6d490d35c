#pragma once

#include <optional>
#include <span>
#include <vector>

namespace gre {

// CLIPScore and RefCLIPScore (Hessel et al. 2021, arXiv 2104.08718) of a caption from CLIP's
// vectors (generation/embedder.h), which need not be of length 1. Pure functions; thread-safe.

inline constexpr double kClipScoreWeight = 2.5;  // the paper's w, which widens the usual range

// Cosine of the angle between two vectors of equal length, from -1 to 1; 0 for a vector of zeros.
double Cosine(std::span<const float> a, std::span<const float> b);

// 2.5 max(cos(caption, image), 0), from 0 to 2.5.
double ClipScore(std::span<const float> caption, std::span<const float> image);

// Harmonic mean of ClipScore and max(max over references of cos(caption, reference), 0); 0 where
// one of them is 0. Nothing without references: the score is then not defined.
std::optional<double> RefClipScore(std::span<const float> caption, std::span<const float> image,
                                   std::span<const std::span<const float>> references);

}  // namespace gre
