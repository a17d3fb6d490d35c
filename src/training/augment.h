#pragma once

#include <cstdint>

#include "core/random.h"
#include "core/result.h"
#include "image/image.h"

namespace gre {

// How a training view differs from its photo. The point is to hide which camera took it (the
// street-view frames share size, colours, compression and a watermark at the lower edge) and keep
// what tells the place. Probabilities are 0..1.
struct AugmentOptions {
  double crop_min_area = 0.5;           // share of the photo's area that a crop keeps at least
  double edge_cut_probability = 0.5;    // the lower `edge_cut_share` is never part of the crop
  double edge_cut_share = 0.08;         // of the height
  double colour_strength = 0.3;         // brightness, contrast, saturation: factor in 1 +- this
  double white_balance_strength = 0.1;  // each channel's gain: factor in 1 +- this
  double grey_probability = 0.04;
  double blur_probability = 0.2;
  double blur_max_sigma = 1.5;  // pixels of the finished view
  double noise_probability = 0.2;
  double noise_max_sigma = 6;  // levels of 255
  double compression_probability = 0.4;
  int compression_min_quality = 30;  // JPEG, up to 85
};

// A square training view of `size` pixels, drawn from `random`, mirrored left to right if
// `mirrored` (which contradicts the photo's driving side and script: do not teach those from it).
Result<RgbImage> AugmentedView(const RgbImage& photo, int size, bool mirrored,
                               const AugmentOptions& options, Random& random);

}  // namespace gre
