#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/check/benchmark_photos.h"
#include "dataset/check/photo_look.h"
#include "dataset/dataset.h"
#include "dataset/photo_table.h"
#include "image/face_detector.h"

namespace gre {

struct CheckOptions {
  // Photos whose perceptual hashes differ in at most so many of 64 bits are near-duplicates. The
  // hash's distances are even (as many bits are 1 as are 0).
  int max_hash_distance = 4;
  int min_side = 160;  // pixels; photos with a shorter side are dropped as "tiny"
  // Photos with at least both shares are "graphic" (photo_look.h).
  DrawnShares drawn = {.flat_share = 0.3, .tone_share = 0.5};
  bool drop_graphics = false;
  double max_face_share = 0.5;  // of the picture, that one face may cover
  std::vector<std::string> benchmarks = {};
  std::vector<std::string> benchmark_photos = {};  // folders
  // Photos within this distance of a benchmark's coordinates are dropped; 0: none are.
  double min_distance_km = 1;
};

struct CheckProgress {
  std::string_view stage;  // "benchmarks", "photos", "findings"
  int64_t done = 0;
  int64_t total = 0;
  int64_t skipped = 0;  // done by an earlier run
};

struct CheckSummary {
  int64_t photos = 0;
  int64_t looked_at = 0;         // in this run
  int64_t without_picture = 0;   // not downloaded, or records without a photo
  int64_t dropped = 0;           // by any stage
  int64_t duplicate_groups = 0;  // of two or more photos
  std::string faces;             // the detector, or "skipped: why"
  std::vector<BenchmarkPhotos::File> benchmarks;
  std::vector<PhotoTable::FindingCount> findings;  // of every stage
};

// Looks at every photo that was not looked at before (on all processors, some hundreds a
// transaction: a run that is killed goes on there), then replaces the findings of stage "check" in
// one transaction:
//   unreadable, blank, tiny, face   drop
//   graphic                         a flag; drops with drop_graphics
//   private_metadata                a flag; keys, never values
//   duplicate_file, near_duplicate  drop all photos of a group but the first that nothing else
//                                   drops; photos.duplicate_group is the number of the first
//   in_benchmark_photo              drops the group of a benchmark's photo
//   in_benchmark_place              drops
// A detector that cannot be made (one a thread) is named in the summary. kCancelled
// keeps what was looked at.
Result<CheckSummary> CheckDataset(
    Dataset& dataset, const CheckOptions& options,
    const std::function<Result<std::unique_ptr<FaceDetector>>()>& make_face_detector,
    const std::function<void(const CheckProgress&)>& report, const CancellationToken& cancellation);

}  // namespace gre
