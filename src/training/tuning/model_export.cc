#include "training/tuning/model_export.h"

#include <cstdio>
#include <filesystem>
#include <list>
#include <system_error>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/strings.h"
#include "weights/safetensors.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

struct Shard {
  std::vector<TensorData> tensors;
  int64_t bytes = 0;
};

std::string ShardName(size_t index, size_t count) {
  if (count == 1) return "model.safetensors";
  char name[64];
  std::snprintf(name, sizeof(name), "model-%05zu-of-%05zu.safetensors", index + 1, count);
  return name;
}

// Everything of the base but weights: what describes it is small.
Status CopyDescriptions(const std::string& from, const std::string& to) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const std::string extension = entry.path().extension().string();
    const bool wanted = extension == ".json" || extension == ".txt" || extension == ".jinja";
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !wanted || name.ends_with(".index.json")) continue;
    fs::copy_file(entry.path(), Concat({to, "/", name}), error);
    if (error) break;
  }
  if (error) return Error{ErrorCode::kUnavailable, Concat({from, ": ", error.message()})};
  return {};
}

Status WriteFiles(const std::string& folder, const std::string& base_directory,
                  VisionLanguageModel& model, int64_t shard_bytes) {
  GRE_RETURN_IF_ERROR(CopyDescriptions(base_directory, folder));

  std::list<at::Tensor> kept;  // views of the weights on a CPU
  std::vector<Shard> shards(1);
  int64_t total = 0;
  model.VisitParameters([&](const ParameterSlice& slice) {
    kept.push_back(slice.Get().detach().cpu().contiguous());
    const at::Tensor& values = kept.back();
    const auto bytes = static_cast<int64_t>(values.nbytes());
    if (shards.back().bytes > 0 && shards.back().bytes + bytes > shard_bytes) {
      shards.emplace_back();
    }
    shards.back().bytes += bytes;
    total += bytes;
    shards.back().tensors.push_back(
        {slice.name,
         values.scalar_type() == at::kBFloat16 ? TensorDtype::kBF16 : TensorDtype::kF32,
         values.sizes().vec(),
         {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}});
  });
  nlohmann::ordered_json places = nlohmann::ordered_json::object();
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = ShardName(i, shards.size());
    for (const TensorData& tensor : shards[i].tensors) places[tensor.name] = name;
    GRE_RETURN_IF_ERROR(
        WriteSafetensors(Concat({folder, "/", name}), std::move(shards[i].tensors)));
  }
  if (shards.size() > 1) {
    const nlohmann::ordered_json index = {{"metadata", {{"total_size", total}}},
                                          {"weight_map", std::move(places)}};
    GRE_RETURN_IF_ERROR(
        WriteFileAtomically(folder + "/model.safetensors.index.json", index.dump(2) + "\n"));
  }
  return {};
}

}  // namespace

Status WriteModel(const std::string& directory, const std::string& base_directory,
                  VisionLanguageModel& model, int64_t shard_bytes) {
  const std::string folder = directory + ".writing";
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error) return Error{ErrorCode::kUnavailable, folder + ": " + error.message()};
  Status written = WriteFiles(folder, base_directory, model, shard_bytes);
  if (written.ok()) written = ReplaceFolder(folder, directory);
  if (!written.ok()) fs::remove_all(folder, error);  // a full disk is to have room for a checkpoint
  return written;
}

}  // namespace gre
