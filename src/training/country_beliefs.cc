#include "training/country_beliefs.h"

#include <memory>
#include <utility>

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/softmax.h>

#include "core/strings.h"
#include "image/decode.h"
#include "model/gre_nano/model.h"
#include "model/gre_nano/preprocess.h"

namespace gre {

Result<std::vector<std::vector<float>>> ReadCountryBeliefs(const std::string& model_directory,
                                                           const std::vector<std::string>& photos,
                                                           const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const std::unique_ptr<VisionLanguageModel> model,
                       GreNano::Load(model_directory, {}));
  const NanoNetwork& network = static_cast<const GreNano&>(*model).network();
  const at::NoGradGuard no_grad;
  std::vector<std::vector<float>> beliefs;
  for (const std::string& photo : photos) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    GRE_ASSIGN_OR_RETURN(const RgbImage image, DecodeImageFile(photo));
    const at::Tensor pixels = PreparePixels(image, network.config().image_size);
    const at::Tensor logits = network.Project(network.Upper(network.Lower(pixels))).country_logits;
    const at::Tensor belief = at::softmax(logits, 1).contiguous();
    const auto* values = belief.const_data_ptr<float>();
    beliefs.emplace_back(values, values + belief.size(1));
  }
  return beliefs;
}

}  // namespace gre
