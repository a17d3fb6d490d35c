#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace gre {

// How far several annotators agree beyond chance. Pure, thread-safe.

struct Agreement {
  // 1: all agree; 0: as much as chance would; below: less. nullopt where it is undefined: no
  // subject with two ratings, or all ratings in one category (chance alone explains every
  // agreement).
  std::optional<double> kappa;
  double observed = 0;  // mean share of agreeing pairs of ratings of a subject
  double expected = 0;  // by chance: sum of squared category shares
  size_t subjects = 0;  // with at least two ratings; the others count nowhere
};

// Fleiss' kappa, (observed - expected) / (1 - expected) (Fleiss, "Measuring nominal scale agreement
// among many raters", Psychological Bulletin 1971). `counts` is [subjects, categories] in row-major
// order: how many annotators put the subject into the category. Fleiss asks for equally many
// ratings a subject; where they differ, each subject's agreement weighs the same and each rating
// counts once in the category shares, which gives Fleiss' formula when they do not differ.
Agreement FleissKappa(std::span<const size_t> counts, size_t categories);

}  // namespace gre
