#include "training/nano_export.h"

#include <filesystem>
#include <list>
#include <system_error>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "weights/safetensors.h"

namespace gre {

Status ExportNano(const std::string& directory, NanoNetwork& network,
                  const std::string& tokenizer_json) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Error{ErrorCode::kUnavailable, directory + ": " + error.message()};
  }
  std::list<at::Tensor> halves;
  std::vector<TensorData> tensors;
  network.VisitParameters(NanoNetwork::Part::kAll, [&](const ParameterSlice& slice) {
    halves.push_back(slice.Get().detach().to(at::kHalf).contiguous());
    const at::Tensor& half = halves.back();
    const auto shape = half.sizes();
    tensors.push_back({slice.name,
                       TensorDtype::kF16,
                       {shape.begin(), shape.end()},
                       {static_cast<const std::byte*>(half.const_data_ptr()), half.nbytes()}});
  });
  GRE_RETURN_IF_ERROR(WriteSafetensors(directory + "/model.safetensors", std::move(tensors)));
  GRE_RETURN_IF_ERROR(WriteFileAtomically(directory + "/tokenizer.json", tokenizer_json));
  nlohmann::ordered_json preprocessor;
  preprocessor["do_resize"] = true;
  preprocessor["size"] = {{"height", network.config().image_size},
                          {"width", network.config().image_size}};
  preprocessor["resample"] = 2;  // bilinear, in Pillow's numbering
  preprocessor["do_normalize"] = true;
  preprocessor["image_mean"] = {127, 127, 127};
  preprocessor["image_std"] = {128, 128, 128};
  GRE_RETURN_IF_ERROR(
      WriteFileAtomically(directory + "/preprocessor_config.json", preprocessor.dump(2) + "\n"));
  return WriteFileAtomically(directory + "/config.json", network.config().ToJson());
}

}  // namespace gre
