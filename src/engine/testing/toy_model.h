#pragma once

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include "model/vision_language_model.h"
#include "support/small_tokenizer.h"

namespace gre {

// A one-layer "language model" for tests of the engine, computed in plain loops so that a row's
// result does not depend on its neighbours by a single bit: a state is the sum of all embeddings
// so far, each weighted by 0.9^(distance of positions). Keys hold embeddings, values positions.
class ToyModel : public VisionLanguageModel {
 public:
  static constexpr int64_t kHidden = 8;
  static constexpr int64_t kRowsPerImage = 2;
  static constexpr int64_t kPositionJump = 3;  // next_position - number of prompt tokens
  static constexpr uint8_t kPoisonedPixel = 255;

  explicit ToyModel(int64_t context = 4096)
      : tokenizer_(Tokenizer::FromJson(SmallTokenizerJson()).value()) {
    spec_.architecture = "toy";
    spec_.hidden_size = kHidden;
    spec_.vocab_size = tokenizer_.size() + 6;  // padding rows, with the largest logits of all
    spec_.num_layers = 1;
    spec_.num_kv_heads = 1;
    spec_.head_dim = kHidden;
    spec_.max_positions = context;
    spec_.eos_ids = {tokenizer_.TokenId("<|im_end|>").value()};
  }

  [[nodiscard]] const Spec& spec() const override { return spec_; }
  [[nodiscard]] const Tokenizer& tokenizer() const override { return tokenizer_; }
  [[nodiscard]] int32_t image_id() const { return tokenizer_.TokenId("<|image_pad|>").value(); }
  [[nodiscard]] int images_encoded() const { return images_encoded_; }
  [[nodiscard]] int64_t rows_computed() const { return rows_computed_; }

  [[nodiscard]] Result<EncodedPrompt> EncodePrompt(std::span<const ChatTurn> turns,
                                                   std::span<const RgbImage* const> images,
                                                   bool) const override {
    EncodedPrompt prompt;
    for (const ChatTurn& turn : turns) {
      for (const TurnPart& part : turn.parts) {
        if (std::holds_alternative<ImageSlot>(part)) {
          prompt.token_ids.insert(prompt.token_ids.end(), kRowsPerImage, image_id());
        } else {
          const auto ids = tokenizer_.Encode(std::get<std::string>(part), false);
          prompt.token_ids.insert(prompt.token_ids.end(), ids.begin(), ids.end());
        }
      }
    }
    for (const RgbImage* image : images) {
      prompt.pixels.push_back(at::full({1}, static_cast<float>(image->pixels.front())));
    }
    const auto tokens = static_cast<int64_t>(prompt.token_ids.size());
    prompt.positions = at::empty({1, tokens}, at::kLong);
    for (int64_t t = 0; t < tokens; ++t) prompt.positions[0][t] = t;
    prompt.next_position = tokens + kPositionJump;
    return prompt;
  }

  at::Tensor EncodeImage(const at::Tensor& pixels,
                         const CancellationToken* /*cancellation*/) const override {
    ++images_encoded_;
    const float value = pixels.item<float>();
    if (value == kPoisonedPixel) throw std::runtime_error("poisoned image");
    return at::full({kRowsPerImage, kHidden}, value / 100);
  }

  at::Tensor Embed(std::span<const int32_t> token_ids,
                   std::span<const at::Tensor> image_features) const override {
    at::Tensor rows = at::empty({static_cast<int64_t>(token_ids.size()), kHidden});
    float* row = rows.mutable_data_ptr<float>();
    const int32_t placeholder = image_id();
    int64_t image_row = 0;
    for (const int32_t id : token_ids) {
      const bool is_image = id == placeholder && !image_features.empty();
      const at::Tensor* image =
          is_image ? &image_features[static_cast<size_t>(image_row++ / kRowsPerImage)] : nullptr;
      for (int64_t k = 0; k < kHidden; ++k) {
        *row++ = is_image ? image->const_data_ptr<float>()[0]
                          : static_cast<float>(std::sin(1.7 * id * static_cast<double>(k + 1)));
      }
    }
    return rows;
  }

  at::Tensor Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                     std::span<const AttentionSegment> segments,
                     const ForwardOptions& options) const override {
    rows_computed_ += embeddings.size(0);
    at::Tensor states = at::zeros_like(embeddings);
    const auto position = positions.accessor<int64_t, 2>()[0];
    auto state = states.accessor<float, 2>();
    for (const AttentionSegment& segment : segments) {
      for (int64_t i = 0; i < segment.rows; ++i) {
        const int64_t row = segment.begin + i;
        const auto attend = [&](at::TensorAccessor<const float, 1> other, double other_position) {
          const double weight = std::pow(0.9, static_cast<double>(position[row]) - other_position);
          for (int64_t k = 0; k < kHidden; ++k) {
            state[row][k] += static_cast<float>(other[k] * weight);
          }
        };
        const auto attend_cached = [&](const at::Tensor& keys, const at::Tensor& values,
                                       int64_t length) {
          const auto other = keys.accessor<const float, 2>();
          const auto other_position = values.accessor<const float, 2>();
          for (int64_t t = 0; t < length; ++t) attend(other[t], other_position[t][0]);
        };
        const auto attend_row = [&](int64_t other) {
          attend(embeddings.accessor<const float, 2>()[other],
                 static_cast<double>(position[other]));
        };
        if (segment.cache != nullptr) {
          attend_cached(segment.cache->prompt_keys(0)[0], segment.cache->prompt_values(0)[0],
                        segment.cache->prompt_length());
        }
        if (segment.kind == AttentionSegment::Kind::kDecode) {
          const int64_t sample = segment.samples[static_cast<size_t>(i)];
          attend_cached(segment.cache->completion_keys(0)[sample][0],
                        segment.cache->completion_values(0)[sample][0],
                        segment.cache->completion_length(sample));
          attend_row(row);
        } else {
          for (int64_t other = segment.begin; other <= row; ++other) attend_row(other);
        }
      }
      if (segment.cache != nullptr) Store(embeddings, positions, segment);
    }
    if (!options.rows) return states;
    return states.index_select(0, at::tensor(*options.rows, at::kLong));
  }

  at::Tensor Logits(const at::Tensor& states) const override {
    at::Tensor logits = at::empty({states.size(0), spec_.vocab_size});
    const auto state = states.accessor<float, 2>();
    auto out = logits.accessor<float, 2>();
    for (int64_t m = 0; m < states.size(0); ++m) {
      for (int64_t v = 0; v < spec_.vocab_size; ++v) {
        double sum = v >= tokenizer_.size() ? 100 : 0;
        for (int64_t k = 0; k < kHidden; ++k) {
          sum += state[m][k] * std::cos(0.9 * static_cast<double>((k + 1) * (v + 1)));
        }
        out[m][v] = static_cast<float>(sum);
      }
    }
    return logits;
  }

  void VisitLinears(const LinearVisitor&) override {}
  void VisitParameters(const ParameterVisitor&) override {}
  [[nodiscard]] ModelPart PartOf(std::string_view) const override { return ModelPart::kLanguage; }

 private:
  static void Store(const at::Tensor& embeddings, const at::Tensor& positions,
                    const AttentionSegment& segment) {
    const at::Tensor keys = embeddings.narrow(0, segment.begin, segment.rows).unsqueeze(1);
    const at::Tensor values = positions[0]
                                  .narrow(0, segment.begin, segment.rows)
                                  .to(at::kFloat)
                                  .view({-1, 1, 1})
                                  .expand({-1, 1, kHidden});
    if (segment.kind == AttentionSegment::Kind::kSequence) {
      segment.cache->WritePrompt(0, keys, values);
      segment.cache->AdvancePrompt(segment.rows);
    } else {
      segment.cache->WriteCompletion(0, segment.samples, keys, values);
      segment.cache->AdvanceCompletion(segment.samples);
    }
  }

  Spec spec_;
  Tokenizer tokenizer_;
  mutable int images_encoded_ = 0;
  mutable int64_t rows_computed_ = 0;
};

}  // namespace gre
