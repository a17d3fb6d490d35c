#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/gre_nano/nano_network.h"
#include "model/model_options.h"
#include "model/model_report.h"
#include "model/vision_language_model.h"
#include "tokenizer/tokenizer.h"

namespace gre {

// The embedded model from its directory: config.json, model.safetensors, tokenizer.json. It has
// been taught one thing, to say where a photo was taken: a prompt is one photo and the begin token.
// Of the turns' text it reads nothing, or, with NanoConfig::reads_chains, those lines that are in
// its vocabulary: a chain that somebody else wrote, to be judged. Runs in float32.
class GreNano : public VisionLanguageModel {
 public:
  // Everything is checked before use; the error lists each wrong file, field and tensor with the
  // expected and the found. Adapters and other element types are refused.
  static Result<std::unique_ptr<VisionLanguageModel>> Load(const std::string& directory,
                                                           const ModelLoadOptions& options);
  static ModelReport Inspect(const std::string& directory);

  GreNano(std::unique_ptr<const Tokenizer> tokenizer, NanoNetwork network, at::Device device);

  [[nodiscard]] const Spec& spec() const override { return spec_; }
  [[nodiscard]] const Tokenizer& tokenizer() const override { return *tokenizer_; }
  // Exactly one image in all turns; anything else is an error.
  [[nodiscard]] Result<EncodedPrompt> EncodePrompt(std::span<const ChatTurn> turns,
                                                   std::span<const RgbImage* const> images,
                                                   bool add_generation_prompt) const override;
  // Lines of the vocabulary become their tokens.
  [[nodiscard]] std::vector<int32_t> EncodeReply(std::string_view text) const override;
  // pixels: [1, 3, S, S].
  at::Tensor EncodeImage(const at::Tensor& pixels,
                         const CancellationToken* cancellation) const override;
  at::Tensor Embed(std::span<const int32_t> token_ids,
                   std::span<const at::Tensor> image_features) const override;
  at::Tensor Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                     std::span<const AttentionSegment> segments,
                     const ForwardOptions& options) const override;
  [[nodiscard]] const Decoder* decoder() const override { return &network_.decoder(); }
  at::Tensor Logits(const at::Tensor& states) const override;
  void VisitParameters(const ParameterVisitor& visitor) override;
  [[nodiscard]] ModelPart PartOf(std::string_view hub_name) const override;

  [[nodiscard]] const NanoNetwork& network() const { return network_; }

 private:
  std::unique_ptr<const Tokenizer> tokenizer_;
  NanoNetwork network_;
  Spec spec_;
};

}  // namespace gre
