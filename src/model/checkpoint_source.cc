#include "model/checkpoint_source.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "core/check.h"
#include "model/layers/linear.h"

namespace gre {

std::optional<at::ScalarType> ToScalarType(TensorDtype dtype) {
  switch (dtype) {
    case TensorDtype::kBool:
      return at::kBool;
    case TensorDtype::kU8:
      return at::kByte;
    case TensorDtype::kI8:
      return at::kChar;
    case TensorDtype::kI16:
      return at::kShort;
    case TensorDtype::kF16:
      return at::kHalf;
    case TensorDtype::kBF16:
      return at::kBFloat16;
    case TensorDtype::kI32:
      return at::kInt;
    case TensorDtype::kF32:
      return at::kFloat;
    case TensorDtype::kF64:
      return at::kDouble;
    case TensorDtype::kI64:
      return at::kLong;
    default:
      return std::nullopt;
  }
}

at::Tensor ViewTensor(const Checkpoint::Tensor& tensor) {
  const auto type = ToScalarType(tensor.entry.dtype);
  GRE_CHECK(type);
  const auto options = at::TensorOptions().dtype(*type);
  if (tensor.entry.size == 0) return at::empty(tensor.entry.shape, options);
  // LibTorch has no read-only tensors; nobody writes to these.
  void* data = const_cast<std::byte*>(tensor.bytes().data());
  return at::from_blob(
      data, tensor.entry.shape, [map = tensor.map](void*) {}, options);
}

CheckpointTensors::CheckpointTensors(const Checkpoint& checkpoint, const NameMap& name_map) {
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    const std::string mapped = name_map(name);
    if (!tensors_.emplace(mapped.empty() ? name : mapped, &tensor).second) twice_.push_back(name);
  }
}

const Checkpoint::Tensor* CheckpointTensors::Find(const std::string& name) const {
  const auto place = tensors_.find(name);
  return place == tensors_.end() ? nullptr : place->second;
}

std::vector<std::string> CheckpointTensors::Problems(std::span<const TensorSpec> expected,
                                                     std::span<const std::string> ignorable) const {
  std::vector<std::string> problems;
  std::set<std::string> known(ignorable.begin(), ignorable.end());
  for (const TensorSpec& spec : expected) {
    known.insert(spec.name);
    const std::string wanted = "tensor '" + spec.name + "': expected " + ShapeText(spec.shape);
    const Checkpoint::Tensor* tensor = Find(spec.name);
    if (tensor == nullptr) {
      problems.push_back(wanted + ", found nothing");
      continue;
    }
    const TensorEntry& entry = tensor->entry;
    if (entry.shape != spec.shape) {
      problems.push_back(wanted + ", found " + ShapeText(entry.shape));
    }
    if (entry.dtype != TensorDtype::kBF16 && entry.dtype != TensorDtype::kF16 &&
        entry.dtype != TensorDtype::kF32) {
      problems.push_back("tensor '" + spec.name + "': expected BF16, F16 or F32, found " +
                         std::string(TensorDtypeName(entry.dtype)));
    }
  }
  for (const auto& [name, tensor] : tensors_) {
    if (!known.contains(name)) {
      problems.push_back("tensor '" + tensor->entry.name + "': expected nothing, found " +
                         ShapeText(tensor->entry.shape) + " (not part of this architecture)");
    }
  }
  for (const std::string& name : twice_) {
    problems.push_back("tensor '" + name + "': stands under its old and its new name");
  }
  return problems;
}

std::vector<at::ScalarType> CheckpointTensors::StoredDtypes(
    std::span<const TensorSpec> expected) const {
  std::map<at::ScalarType, int64_t> values;
  for (const TensorSpec& spec : expected) {
    const Checkpoint::Tensor* tensor = Find(spec.name);
    const auto type = tensor == nullptr ? std::nullopt : ToScalarType(tensor->entry.dtype);
    if (type) values[*type] += spec.elements();
  }
  std::vector<at::ScalarType> dtypes;
  for (const auto& [dtype, count] : values) dtypes.push_back(dtype);
  std::sort(dtypes.begin(), dtypes.end(),
            [&](at::ScalarType a, at::ScalarType b) { return values[a] > values[b]; });
  return dtypes;
}

CheckpointSource::CheckpointSource(const CheckpointTensors& tensors, at::ScalarType dtype,
                                   at::Device device, bool pack)
    : tensors_(tensors), dtype_(dtype), device_(device), packs_(pack && CanPack(dtype, device)) {}

at::Tensor CheckpointSource::Get(const std::string& name, at::IntArrayRef shape) {
  const Checkpoint::Tensor* tensor = tensors_.Find(name);
  GRE_CHECK(tensor != nullptr && tensor->entry.shape == shape.vec());
  at::Tensor view = ViewTensor(*tensor);
  if (packs_ && shape.size() == 2 && view.scalar_type() == dtype_) return view;
  at::Tensor copy = view.to(device_, dtype_, /*non_blocking=*/false, /*copy=*/true);
  tensor->Release();
  return copy;
}

void CheckpointSource::Release(const std::string& name) { tensors_.Find(name)->Release(); }

}  // namespace gre
