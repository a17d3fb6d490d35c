#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "support/temporary_folder.h"
#include "weights/checkpoint.h"
#include "weights/safetensors.h"

namespace gre {

// A copy of one of tests/goldens' model directories, to be spoilt by tests: change config(),
// tensors() or files, then Write().
class SpoiltDirectory {
 public:
  struct Tensor {
    std::vector<int64_t> shape;
    std::vector<float> values;
  };

  explicit SpoiltDirectory(const std::string& name) {
    const std::string original = std::string(GRE_SOURCE_DIR) + "/tests/goldens/" + name;
    for (const auto& entry : std::filesystem::directory_iterator(original)) {
      std::filesystem::copy(entry.path(), folder_.path());
    }
    config_ = ReadJsonFile(original + "/config.json").value();
    const Checkpoint checkpoint = Checkpoint::OpenDirectory(original).value();
    for (const auto& [key, tensor] : checkpoint.tensors()) {
      Tensor& copy = tensors_[key];
      copy.shape = tensor.entry.shape;
      copy.values.resize(tensor.bytes().size() / sizeof(float));
      std::memcpy(copy.values.data(), tensor.bytes().data(), tensor.bytes().size());
    }
  }

  [[nodiscard]] Json& config() { return config_; }
  [[nodiscard]] std::map<std::string, Tensor>& tensors() { return tensors_; }
  [[nodiscard]] std::string path() const { return folder_.path(); }

  void WriteText(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ / name).parent_path());
    ASSERT_TRUE(WriteFileAtomically(folder_ / name, content).ok());
  }

  void Write() const {
    WriteText("config.json", config_.dump());
    std::vector<TensorData> data;
    for (const auto& [name, tensor] : tensors_) {
      data.push_back({name, TensorDtype::kF32, tensor.shape,
                      std::as_bytes(std::span<const float>(tensor.values))});
    }
    ASSERT_TRUE(WriteSafetensors(folder_ / "model.safetensors", std::move(data)).ok());
  }

 private:
  testing::TemporaryFolder folder_;
  Json config_;
  std::map<std::string, Tensor> tensors_;
};

// Why `Model` does not load a directory of tests/goldens after `spoil`; empty when it does.
template <typename Model>
std::string LoadErrorAfter(const std::string& name,
                           const std::function<void(SpoiltDirectory&)>& spoil) {
  SpoiltDirectory directory(name);
  spoil(directory);
  directory.Write();
  const auto model = Model::Load(directory.path(), at::kCPU);
  return model.ok() ? "" : model.error().message;
}

}  // namespace gre
