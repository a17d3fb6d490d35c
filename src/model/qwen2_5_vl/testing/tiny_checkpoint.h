#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "model/qwen2_5_vl/config.h"
#include "model/qwen2_5_vl/network.h"
#include "model/tensor_spec.h"
#include "support/small_tokenizer.h"
#include "weights/safetensors.h"

namespace gre {

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gre_model_XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Named float32 tensors to be written as safetensors.
using TensorMap = std::map<std::string, at::Tensor>;

inline void WriteTensors(const std::string& path, const TensorMap& tensors) {
  std::vector<TensorData> data;
  for (const auto& [name, tensor] : tensors) {
    data.push_back({name,
                    TensorDtype::kF32,
                    tensor.sizes().vec(),
                    {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}});
  }
  ASSERT_TRUE(WriteSafetensors(path, data).ok());
}

// A Qwen2.5-VL directory of a few kilobytes with random weights, to be spoilt by tests.
class TinyCheckpoint {
 public:
  TinyCheckpoint()
      : config_(Json::parse(R"({
      "model_type": "qwen2_5_vl", "hidden_size": 32, "intermediate_size": 48,
      "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
      "vocab_size": 320, "max_position_embeddings": 512, "rms_norm_eps": 1e-6,
      "rope_theta": 1000000.0, "rope_scaling": {"type": "mrope", "mrope_section": [1, 1, 2]},
      "hidden_act": "silu", "use_sliding_window": false, "sliding_window": null,
      "tie_word_embeddings": true, "torch_dtype": "float32",
      "vision_config": {"depth": 2, "hidden_size": 32, "intermediate_size": 24, "num_heads": 2,
                        "out_hidden_size": 32, "fullatt_block_indexes": [1], "in_chans": 3,
                        "hidden_act": "silu", "spatial_merge_size": 2, "window_size": 112,
                        "patch_size": 14, "temporal_patch_size": 2}})")) {
    const Tokenizer tokenizer = Tokenizer::FromJson(SmallTokenizerJson()).value();
    config_["image_token_id"] = tokenizer.TokenId("<|image_pad|>").value();
    config_["eos_token_id"] = tokenizer.TokenId("<|im_end|>").value();
    const auto reading = ParseQwen25VlConfig(config_.dump(), "");
    EXPECT_TRUE(reading.ok() && reading->problems.empty());
    SpecRecorder recorder;
    const Qwen25VlNetwork network(recorder, reading->config, /*tied=*/true, at::kCPU);
    for (const TensorSpec& spec : recorder.specs()) {
      tensors_[spec.name] = at::randn(spec.shape).mul_(0.3);
    }
  }

  [[nodiscard]] Json& config() { return config_; }
  [[nodiscard]] TensorMap& tensors() { return tensors_; }
  [[nodiscard]] std::string directory() const { return folder_.path(); }

  void Write() const {
    ASSERT_TRUE(WriteFileAtomically(directory() + "/config.json", config_.dump()).ok());
    ASSERT_TRUE(WriteFileAtomically(directory() + "/tokenizer.json", SmallTokenizerJson()).ok());
    WriteTensors(directory() + "/model.safetensors", tensors_);
  }

 private:
  TemporaryFolder folder_;
  Json config_;
  TensorMap tensors_;
};

}  // namespace gre
