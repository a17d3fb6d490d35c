#pragma once

#include <cstdint>
#include <optional>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"

namespace gre {

// GRE30K's division of photos into CoT, Judge and Seed ([P] section 3.1 of GRE, arXiv 2505.18700):
// accepted answers are for CoT and for Judge with the label True, rejected ones for Judge with the
// label False, photos that are left for Seed. No photo, and no duplicate of it, is in two parts.

struct DivisionOptions {
  // An answer farther than this from a truth that is a point is rejected. Where the truth is only a
  // country the answer must lie in it, and theta says nothing. Required where any truth is a point
  // and was asked about; GRE's own is unpublished.
  std::optional<double> filter_theta_km = std::nullopt;
  // Most photos of each part; unset: no limit. Where accepted answers are fewer than CoT and Judge
  // want, both get their share.
  std::optional<int64_t> cot_photos = std::nullopt;
  std::optional<int64_t> judge_photos = std::nullopt;
  std::optional<int64_t> seed_photos = std::nullopt;
  // Share of Judge's photos whose label is True by the filter (GRE's is unpublished); of accepted
  // answers a fifth goes to Judge where no sizes are given.
  double judge_true_share = 0.5;
  // Judge's photos are any, because its answers are to come from rollouts of another model.
  bool judge_from_rollouts = false;
  uint64_t seed = 1;
};

inline constexpr int64_t kGre30kCotPhotos = 20'000;
inline constexpr int64_t kGre30kJudgePhotos = 10'000;
inline constexpr int64_t kGre30kSeedPhotos = 170'000;

struct DivisionSummary {
  int64_t photos = 0;    // that take part
  int64_t accepted = 0;  // with an answer within theta
  int64_t rejected = 0;  // with answers, none of which is
  int64_t unread = 0;    // asked, and no answer could be read
  int64_t unasked = 0;
  int64_t cot = 0, judge = 0, seed = 0, left_over = 0;  // photos
};

// kInvalidArgument when theta is missing and a photo that takes part has coordinates: what
// DividePhotos would say after teachers were asked and paid.
Status CheckTheta(Dataset& dataset, const DivisionOptions& options);

// Divides the photos anew from the replies that are there, asks nobody, and writes the entries of
// CoT (one a photo: the accepted answer without contradictions, else with, that lies nearest) and
// Seed, and theta as a fact. Depends on nothing but replies, ids and options; killed at any moment,
// the old division stands or the new one. kInvalidArgument when theta is missing.
Result<DivisionSummary> DividePhotos(Dataset& dataset, const DivisionOptions& options,
                                     const CancellationToken& cancellation);

}  // namespace gre
