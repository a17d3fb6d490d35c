#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/result.h"
#include "model/model_options.h"
#include "model/qwen2_5_vl/config.h"
#include "model/qwen2_5_vl/network.h"
#include "model/vision_language_model.h"
#include "tokenizer/chat_template.h"

namespace gre {

// Qwen2.5-VL of any size from a Hugging Face directory (config.json, weights, tokenizer.json,
// optionally generation_config.json, preprocessor_config.json and a chat template).
class Qwen25VlModel : public VisionLanguageModel {
 public:
  // Everything is checked before use; the error lists each wrong file, field and tensor with the
  // expected and the found. Peak memory stays within the weights plus one layer.
  static Result<std::unique_ptr<VisionLanguageModel>> Load(const std::string& directory,
                                                           const ModelLoadOptions& options);

  [[nodiscard]] const Spec& spec() const override { return spec_; }
  [[nodiscard]] const Tokenizer& tokenizer() const override { return *tokenizer_; }
  [[nodiscard]] Result<EncodedPrompt> EncodePrompt(std::span<const ChatTurn> turns,
                                                   std::span<const RgbImage* const> images,
                                                   bool add_generation_prompt) const override;
  [[nodiscard]] Result<RgbImage> FitImage(const RgbImage& image) const override;
  // pixels: [units high, units wide, merge_area, patch values].
  at::Tensor EncodeImage(const at::Tensor& pixels,
                         const CancellationToken* cancellation) const override;
  at::Tensor Embed(std::span<const int32_t> token_ids,
                   std::span<const at::Tensor> image_features) const override;
  at::Tensor Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                     std::span<const AttentionSegment> segments,
                     const ForwardOptions& options) const override;
  [[nodiscard]] const Decoder* decoder() const override { return &network_.decoder(); }
  at::Tensor Logits(const at::Tensor& states) const override;
  void VisitLinears(const LinearVisitor& visitor) override;
  void VisitParameters(const ParameterVisitor& visitor) override;
  [[nodiscard]] ModelPart PartOf(std::string_view hub_name) const override;
  [[nodiscard]] std::string TransformersName(const std::string& hub_name) const override;

  [[nodiscard]] const Qwen25VlNetwork& network() const { return network_; }

 private:
  Qwen25VlModel(Spec spec, Qwen25VlProcessorConfig processor,
                std::unique_ptr<const Tokenizer> tokenizer, QwenChatTemplate chat,
                Qwen25VlNetwork network);

  Spec spec_;
  Qwen25VlProcessorConfig processor_;
  std::unique_ptr<const Tokenizer> tokenizer_;  // chat_ points to it
  QwenChatTemplate chat_;
  Qwen25VlNetwork network_;
};

}  // namespace gre
