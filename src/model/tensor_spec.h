#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/layers/weight_source.h"

namespace gre {

// A tensor that an architecture expects.
struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;

  [[nodiscard]] int64_t elements() const {
    int64_t product = 1;
    for (const int64_t extent : shape) product *= extent;
    return product;
  }
};

// Records what a module asks for instead of giving it: constructing an architecture on a recorder
// costs nothing and lists its tensors.
class SpecRecorder : public WeightSource {
 public:
  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override {
    specs_.push_back({name, shape.vec()});
    return {};
  }
  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }

 private:
  std::vector<TensorSpec> specs_;
};

}  // namespace gre
