#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/weight_source.h"
#include "model/tensor_spec.h"
#include "weights/checkpoint.h"

namespace gre {

// LibTorch's dtype, or nothing for types that it lacks.
std::optional<at::ScalarType> ToScalarType(TensorDtype dtype);

// The tensor as a read-only view of the mapped file, which it keeps alive. Its dtype must have a
// LibTorch type.
at::Tensor ViewTensor(const Checkpoint::Tensor& tensor);

// Maps a tensor name of a file to the name that modules ask for; empty = not of this architecture.
using NameMap = std::function<std::string(const std::string&)>;

// A checkpoint's tensors under the names that modules ask for.
class CheckpointTensors {
 public:
  CheckpointTensors(const Checkpoint& checkpoint, const NameMap& name_map);

  // Everything that keeps `expected` from being filled: missing, mis-shaped, unusable element type,
  // two spellings of one name, and tensors that nobody asks for unless `ignorable` is among them.
  [[nodiscard]] std::vector<std::string> Problems(std::span<const TensorSpec> expected,
                                                  std::span<const std::string> ignorable) const;
  [[nodiscard]] const Checkpoint::Tensor* Find(const std::string& name) const;
  // Element types of the tensors that `expected` names and that have a LibTorch type, the one with
  // the most values first.
  [[nodiscard]] std::vector<at::ScalarType> StoredDtypes(
      std::span<const TensorSpec> expected) const;

 private:
  std::map<std::string, const Checkpoint::Tensor*> tensors_;
  std::vector<std::string> twice_;
};

// Gives a checked checkpoint's tensors to modules, in the wanted dtype and on the wanted device.
// Mapped pages are released as soon as their tensor has been copied or packed, so loading never
// holds a second copy of more than one layer's weights.
class CheckpointSource : public WeightSource {
 public:
  // `tensors` must outlive the source and hold every name asked for in the shape asked for. `pack`:
  // linear layers take their packed form where this machine has one.
  CheckpointSource(const CheckpointTensors& tensors, at::ScalarType dtype, at::Device device,
                   bool pack);

  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override;
  void Release(const std::string& name) override;
  [[nodiscard]] bool packs() const override { return packs_; }

 private:
  const CheckpointTensors& tensors_;
  at::ScalarType dtype_;
  at::Device device_;
  bool packs_;
};

}  // namespace gre
