#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "training/adamw.h"
#include "training/parallel/collective.h"

namespace gre {

// Adds the gradients of all processes, a decoder layer at a time: a layer's sum travels while the
// backward works on the layers below. Parameters of a layer are those whose name holds
// ".layers.N."; the others form the last bucket. Sums are computed in float32 on the CPU.
class GradientSum {
 public:
  // Both must outlive this object.
  GradientSum(Collective& collective, const std::vector<TrainedParameter>& parameters);

  // The gradients of a layer are final. In falling order of layers; one left out is sent by
  // Finish.
  void LayerDone(int64_t layer);
  // Sends the rest, waits, and leaves the sums in the gradients.
  Status Finish();

 private:
  struct Bucket {
    int64_t layer = -1;  // -1: outside the decoder's layers
    std::vector<const TrainedParameter*> parameters;
    at::Tensor values;  // what travels, one after the other
  };
  void Send(Bucket& bucket);

  Collective& collective_;
  std::vector<Bucket> buckets_;  // in falling order of layers
  size_t sent_ = 0;
};

}  // namespace gre
