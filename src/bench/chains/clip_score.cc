#include "bench/chains/clip_score.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"

namespace gre {

double Cosine(std::span<const float> a, std::span<const float> b) {
  GRE_CHECK(a.size() == b.size());
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += double{a[i]} * double{b[i]};
    squares_a += double{a[i]} * double{a[i]};
    squares_b += double{b[i]} * double{b[i]};
  }
  const double lengths = std::sqrt(squares_a) * std::sqrt(squares_b);
  return lengths > 0 ? std::clamp(product / lengths, -1.0, 1.0) : 0;
}

double ClipScore(std::span<const float> caption, std::span<const float> image) {
  return kClipScoreWeight * std::max(Cosine(caption, image), 0.0);
}

std::optional<double> RefClipScore(std::span<const float> caption, std::span<const float> image,
                                   std::span<const std::span<const float>> references) {
  if (references.empty()) return std::nullopt;
  double nearest = 0;
  for (const std::span<const float> reference : references) {
    nearest = std::max(nearest, Cosine(caption, reference));
  }
  const double with_image = ClipScore(caption, image);
  const double sum = with_image + nearest;
  return sum > 0 ? 2 * with_image * nearest / sum : 0;
}

}  // namespace gre
