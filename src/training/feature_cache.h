#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/file.h"
#include "core/result.h"
#include "dataset/photo_records.h"
#include "model/gre_nano/nano_network.h"
#include "training/augment.h"

namespace gre {

// What the frozen lower tower makes of `views` pictures of every photo, on disk, so that an epoch
// costs only the part that learns. View 0 is the photo as inference prepares it, the others are
// augmented. Views follow one another (all photos' view 0, then view 1, ...), so that raising
// `views` extends a file that is there. Safe to interrupt: a later Build goes on where it stopped.
class FeatureCache {
 public:
  struct Options {
    std::string
        directory;  // one file in it, named after a hash of everything its content depends on
    std::string photo_root;  // PhotoRecord::image is relative to it
    std::string backbone_hash;
    int64_t image_size = 320;
    int64_t views = 1;
    uint64_t seed = 0;
    int threads = 1;
    AugmentOptions augment;
  };
  struct View {
    int64_t record = 0;
    int64_t view = 0;
  };
  using Progress = std::function<void(int64_t done, int64_t total)>;

  // Every other augmented view.
  static bool IsMirrored(int64_t view) { return view % 2 == 1; }

  // `network` computes in bfloat16. An unreadable photo is an error that names it.
  static Result<FeatureCache> Build(const Options& options, const std::vector<PhotoRecord>& records,
                                    const NanoNetwork& network, const Progress& progress,
                                    const CancellationToken& cancellation);

  // grid [B, 120, S/16, S/16] bfloat16 in channels-last memory, statistics float32.
  [[nodiscard]] LowerFeatures Load(std::span<const View> views) const;

 private:
  FeatureCache(int64_t records, int64_t side, std::shared_ptr<const MappedFile> file);

  int64_t records_ = 0;
  int64_t side_ = 0;  // of the grid
  std::shared_ptr<const MappedFile> file_;
};

}  // namespace gre
