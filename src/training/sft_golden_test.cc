// Supervised fine-tuning of a small Qwen2.5-VL against PyTorch's loss and gradient history (sft/ of
// the large golden set): LoRA, full with a frozen tower, full.
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "model/checkpoint_source.h"
#include "model/loader.h"
#include "model/lora/new_adapter.h"
#include "model/testing/golden_prompt.h"
#include "support/temporary_folder.h"
#include "training/completion_batch.h"
#include "training/testing/training_golden_test.h"
#include "training/trainable.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

class SftGoldenTest : public testing::TrainingGoldenTest {
 protected:
  void SetUp() override {
    Load("sft", /*adapter=*/false);
    if (IsSkipped() || HasFatalFailure()) return;
    const at::Tensor ids = Tensor("input_ids"), labels = Tensor("labels");
    for (const Json& row : cases_["rows"]) {
      prompts_.push_back(testing::EncodeGoldenPrompt(folder(), forward_, *model_,
                                                     row["prompt"].get<std::string>()));
    }
    std::vector<PromptWithCompletions> items;
    for (size_t i = 0; i < prompts_.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      const auto prompt_length = static_cast<int64_t>(prompts_[i].token_ids.size());
      const auto length = cases_["rows"][i]["length"].get<int64_t>();
      std::vector<int32_t> completion;
      for (int64_t t = prompt_length; t < length; ++t) {
        // only the line break behind the end of the turn is not learned
        if (labels[row][t].item<int64_t>() == -100) {
          ASSERT_EQ(t, length - 1);
          continue;
        }
        completion.push_back(static_cast<int32_t>(ids[row][t].item<int64_t>()));
        ASSERT_EQ(labels[row][t].item<int64_t>(), completion.back());
      }
      ASSERT_EQ(labels[row][prompt_length - 1].item<int64_t>(), -100);
      items.push_back({&prompts_[i], {std::move(completion)}});
    }
    batch_ = MakeCompletionBatch(items);
  }

  [[nodiscard]] LinearWalk Walk() const {
    return [this](const LinearVisitor& visitor) { model_->VisitLinears(visitor); };
  }
  [[nodiscard]] at::Tensor Gradient(const std::string& file_name) const {
    at::Tensor found;
    model_->VisitParameters([&](const ParameterSlice& slice) {
      if (model_->TransformersName(slice.name) == file_name) {
        found = slice.parameter->grad().narrow(0, slice.begin, slice.rows);
      }
    });
    model_->VisitLinears([&](Linear& linear) {
      for (size_t i = 0; i < linear.projections().size(); ++i) {
        if (!linear.adapter(i)) continue;
        const std::string module =
            "base_model.model." + model_->TransformersName(linear.projections()[i].path);
        if (module + ".lora_A.default.weight" == file_name) found = linear.adapter(i)->a.grad();
        if (module + ".lora_B.default.weight" == file_name) found = linear.adapter(i)->b.grad();
      }
    });
    return found;
  }

  // Trains as the run says; the first step's gradients are compared tensor by tensor.
  void Train(const std::string& name, std::vector<TrainedParameter> parameters, bool vision) {
    const Json& run = cases_["runs"][name];
    AdamW optimiser({.beta2 = 0.999,
                     .weight_decay = run["weight_decay"].get<double>(),
                     .decay_vectors = true,
                     .clip_norm = run["max_grad_norm"].get<double>(),
                     .ema_decay = 0},
                    std::move(parameters));
    const int64_t tokens = batch_.targets.size(0);
    bool first = true;
    for (const Json& step : run["history"]) {
      ASSERT_EQ(step["target_tokens"].get<int64_t>(), tokens);
      CompletionPass pass(
          *model_, batch_,
          {.recompute = !first, .train_vision = vision, .scores = {.chunk_rows = 32}});
      const double loss =
          -pass.Scores().log_probabilities.sum().item<double>() / static_cast<double>(tokens);
      const double expected = step["loss"].get<double>();
      EXPECT_NEAR(loss, expected, 1e-4 * expected);
      pass.Backward(at::full({tokens}, -1.0 / static_cast<double>(tokens), at::kFloat));
      if (first) CompareGradients(name);
      first = false;
      const double norm = optimiser.Step(run["learning_rate"].get<double>());
      EXPECT_NEAR(norm, step["grad_norm"].get<double>(), 1e-3 * norm);
    }
  }

  void CompareGradients(const std::string& run) const {
    const std::string prefix = run + ".grad.";
    int compared = 0;
    for (const auto& [name, tensor] : tensors_->tensors()) {
      if (!name.starts_with(prefix)) continue;
      const at::Tensor expected = ViewTensor(tensor);
      const at::Tensor found = Gradient(name.substr(prefix.size()));
      ASSERT_TRUE(found.defined()) << name;
      const double difference =
          (found.reshape(expected.sizes()) - expected).abs().max().item<double>();
      EXPECT_LE(difference, 1e-3 * expected.abs().max().item<double>()) << name;
      ++compared;
    }
    EXPECT_GT(compared, 3);
  }

  testing::TemporaryFolder temporary_;
  std::vector<EncodedPrompt> prompts_;
  CompletionBatch batch_;
};

GRE_INSTANTIATE_GOLDENS(SftGoldenTest);

TEST_P(SftGoldenTest, Lora) {
  const LoraSettings settings;  // rank 8, alpha 16
  ASSERT_TRUE(AddLora(Walk(), settings, 1, at::kCPU).ok());
  model_->VisitLinears([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      if (!linear.adapter(i)) continue;
      const std::string prefix =
          "lora_init.base_model.model." + model_->TransformersName(linear.projections()[i].path);
      linear.SetAdapter(
          i, LoraAdapter{Tensor(prefix + ".lora_A.default.weight"),
                         Tensor(prefix + ".lora_B.default.weight"), linear.adapter(i)->scaling});
    }
  });
  model_->VisitParameters(
      [](const ParameterSlice& slice) { slice.parameter->set_requires_grad(false); });
  Train("lora", AdapterParameters(*model_), false);

  // what is written is what is read, and it computes the same
  const std::string adapter = temporary_ / "adapter";
  const auto name = [&](const std::string& path) { return model_->TransformersName(path); };
  ASSERT_TRUE(WriteLora(adapter, Walk(), settings, "base", name).ok());
  ModelLoadOptions options;
  options.dtype = at::kFloat;
  options.adapter_dir = adapter;
  auto loaded = LoadModel(folder() + "/model", options);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const at::Tensor trained = CompletionPass(*model_, batch_, {}).Scores().log_probabilities;
  const at::Tensor read = CompletionPass(**loaded, batch_, {}).Scores().log_probabilities;
  EXPECT_LE((trained - read).abs().max().item<double>(), 1e-4);
}

TEST_P(SftGoldenTest, FullWithFrozenTower) {
  Train("full_frozen_vision", WeightParameters(*model_, {}), false);
}

TEST_P(SftGoldenTest, Full) {
  Train("full", WeightParameters(*model_, {.vision = true, .merger = true}), true);
}

}  // namespace
}  // namespace gre
