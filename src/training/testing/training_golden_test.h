#pragma once

#include <memory>
#include <optional>
#include <string>

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "model/checkpoint_source.h"
#include "model/loader.h"
#include "support/golden_test.h"
#include "weights/checkpoint.h"

namespace gre::testing {

// Base of the tests that compare a stage of training with reference results, which only the large
// set holds: cases.json and tensors.safetensors in a folder named after the stage.
class TrainingGoldenTest : public GoldenTest {
 protected:
  // To be called by SetUp; a test that it skips must not go on.
  void Load(const std::string& stage, bool adapter) {
    GoldenTest::SetUp();
    if (IsSkipped()) return;
    at::set_num_threads(1);  // small matrices: threads would mostly wait for each other
    if (GetParam() == std::string_view("small")) GTEST_SKIP() << "only in the large set";
    forward_ = ReadJsonFile(folder() + "/forward/cases.json").value();
    cases_ = ReadJsonFile(folder() + "/" + stage + "/cases.json").value();
    tensors_ = Checkpoint::OpenFile(folder() + "/" + stage + "/tensors.safetensors").value();
    ModelLoadOptions options;
    options.dtype = at::kFloat;
    options.trainable = true;
    if (adapter) options.adapter_dir = folder() + "/" + stage + "/adapter";
    options.max_pixels = forward_["max_pixels"].get<int64_t>();
    auto model = LoadModel(folder() + "/model", options);
    ASSERT_TRUE(model.ok()) << model.error().message;
    model_ = std::move(model).value();
  }

  [[nodiscard]] at::Tensor Tensor(const std::string& name) const {
    return ViewTensor(*tensors_->Find(name)).clone();
  }

  Json forward_, cases_;
  std::optional<Checkpoint> tensors_;
  std::unique_ptr<VisionLanguageModel> model_;
};

}  // namespace gre::testing
