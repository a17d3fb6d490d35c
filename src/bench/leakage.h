#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/matching.h"
#include "bench/records.h"
#include "core/result.h"
#include "geo/sphere.h"

namespace gre {

// Ways in which a system can have seen the truth.

struct LeakageOptions {
  // "truth_in_reply": share (and 5) of the replies whose reasoning, before the answer, holds both
  // coordinates of the truth to three decimals. One place that a model knows by heart is none.
  double max_reply_share = 0.05;
  // "truth_in_gallery": share of the truths that a gallery point repeats (within 0.01 km). Photos
  // are taken at the same spots: of 447 travel photos 4 % lie that near a gallery of 100,000
  // Flickr positions.
  double max_gallery_share = 0.1;
};

// "truth_in_prompt" (any prompt that holds the truth), "truth_in_reply", and "metadata_gps" (any
// answer that equals the position in the photo's own file, to 0.01 km).
std::vector<BenchWarning> DetectLeakage(std::span<const TruthRecord> truth,
                                        std::span<const Prediction> predictions,
                                        const Matching& matching,
                                        const LeakageOptions& options = {});

// True when the text holds numbers of at least three decimals that differ from both coordinates
// (their signs aside) by less than 0.001. Linear time.
bool TextHoldsPoint(std::string_view text, const LatLng& point);

// The positions that a retrieval system chooses its answers from, hashed by place. Thread-safe.
class CoordinateGallery {
 public:
  explicit CoordinateGallery(std::span<const LatLng> points);
  // From any table with coordinates (dataset/record_file.h). Rows whose coordinates cannot be read
  // are errors with file and line.
  static Result<CoordinateGallery> Read(const std::string& path);

  // Whether a point lies within `radius_km` (at most 1) of `point`, geodesic.
  [[nodiscard]] bool HasWithin(const LatLng& point, double radius_km) const;
  [[nodiscard]] size_t size() const { return points_.size(); }

 private:
  std::vector<LatLng> points_;
  std::unordered_multimap<uint64_t, uint32_t> cells_;  // cell of about a kilometre -> point
};

// How much of the truth a gallery holds.
struct GalleryOverlap {
  size_t gallery_points = 0;
  size_t truths = 0;    // with a point
  size_t repeated = 0;  // within 0.01 km of a gallery point
  size_t within_1_km = 0;
};

GalleryOverlap CompareWithGallery(std::span<const TruthRecord> truth,
                                  const CoordinateGallery& gallery);
// "truth_in_gallery", where the share of repeated truths is above the bound.
std::vector<BenchWarning> DetectGalleryLeak(const GalleryOverlap& overlap,
                                            const LeakageOptions& options = {});

}  // namespace gre
