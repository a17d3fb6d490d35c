#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace gre {

// Where modules get their tensors while they are constructed: a checkpoint, a random initialiser, a
// recorder of what an architecture expects. One traversal serves all of them, so a tensor's name
// and shape stand in the code once.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  // The tensor `name` of exactly `shape`, in the model's dtype and on its device; undefined from a
  // recorder. With packs() matrices may be read-only views of a mapped file, which they keep alive.
  virtual at::Tensor Get(const std::string& name, at::IntArrayRef shape) = 0;
  // The module has made its own form of the tensor; memory behind a view may go.
  virtual void Release(const std::string& name) {}
  // True when linear layers shall take their packed, inference-only form at once.
  [[nodiscard]] virtual bool packs() const { return false; }
};

}  // namespace gre
