#include "model/stored_images.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ATen/core/grad_mode.h>

#include "core/file.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "model/checkpoint_source.h"
#include "weights/checkpoint.h"
#include "weights/safetensors.h"

namespace gre {
namespace {

constexpr char kFeatures[] = "features";
constexpr size_t kKeyDigits = 32;  // of SHA-256, in hexadecimal

std::string_view BytesOf(const at::Tensor& contiguous) {
  return {static_cast<const char*>(contiguous.const_data_ptr()), contiguous.nbytes()};
}

// Of all that EncodeImage depends on: settings and weights.
std::string HashOfImagePart(VisionLanguageModel& model, std::string_view config) {
  Sha256 hash;
  hash.Update(config);
  model.VisitParameters([&](const ParameterSlice& slice) {
    if (model.PartOf(slice.name) == ModelPart::kLanguage) return;
    hash.Update(slice.name);
    hash.Update(BytesOf(slice.Get().detach().cpu().contiguous()));
  });
  return hash.HexDigest().substr(0, kKeyDigits);
}

class StoredImagesModel final : public VisionLanguageModel {
 public:
  StoredImagesModel(std::shared_ptr<VisionLanguageModel> model, std::string directory)
      : model_(std::move(model)), directory_(std::move(directory)) {}

  [[nodiscard]] const Spec& spec() const override { return model_->spec(); }
  [[nodiscard]] const Tokenizer& tokenizer() const override { return model_->tokenizer(); }
  [[nodiscard]] Result<EncodedPrompt> EncodePrompt(std::span<const ChatTurn> turns,
                                                   std::span<const RgbImage* const> images,
                                                   bool add_generation_prompt) const override {
    return model_->EncodePrompt(turns, images, add_generation_prompt);
  }
  [[nodiscard]] std::vector<int32_t> EncodeReply(std::string_view text) const override {
    return model_->EncodeReply(text);
  }
  [[nodiscard]] Result<RgbImage> FitImage(const RgbImage& image) const override {
    return model_->FitImage(image);
  }

  at::Tensor EncodeImage(const at::Tensor& pixels,
                         const CancellationToken* cancellation) const override {
    Sha256 hash;
    for (const int64_t size : pixels.sizes()) hash.Update(Concat({std::to_string(size), " "}));
    hash.Update(BytesOf(pixels.contiguous()));
    const std::string path =
        Concat({directory_, "/", hash.HexDigest().substr(0, kKeyDigits), ".safetensors"});
    if (at::Tensor known = Read(path); known.defined()) return known;
    const at::NoGradGuard no_grad;
    at::Tensor features = model_->EncodeImage(pixels, cancellation);
    if (features.defined()) Write(path, features);
    return features;
  }

  at::Tensor Embed(std::span<const int32_t> token_ids,
                   std::span<const at::Tensor> image_features) const override {
    return model_->Embed(token_ids, image_features);
  }
  at::Tensor Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                     std::span<const AttentionSegment> segments,
                     const ForwardOptions& options) const override {
    return model_->Forward(embeddings, positions, segments, options);
  }
  [[nodiscard]] const Decoder* decoder() const override { return model_->decoder(); }
  [[nodiscard]] at::Tensor Logits(const at::Tensor& states) const override {
    return model_->Logits(states);
  }
  void VisitLinears(const LinearVisitor& visitor) override { model_->VisitLinears(visitor); }
  void VisitParameters(const ParameterVisitor& visitor) override {
    model_->VisitParameters(visitor);
  }
  [[nodiscard]] ModelPart PartOf(std::string_view hub_name) const override {
    return model_->PartOf(hub_name);
  }
  [[nodiscard]] std::string TransformersName(const std::string& hub_name) const override {
    return model_->TransformersName(hub_name);
  }

 private:
  // Undefined where there is no such file, or none of this model.
  [[nodiscard]] at::Tensor Read(const std::string& path) const {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return {};
    const Result<Checkpoint> file = Checkpoint::OpenFile(path);
    const Checkpoint::Tensor* tensor = file.ok() ? file->Find(kFeatures) : nullptr;
    const bool usable = tensor != nullptr && tensor->entry.shape.size() == 2 &&
                        tensor->entry.shape[1] == spec().hidden_size &&
                        ToScalarType(tensor->entry.dtype) == spec().dtype;
    if (usable) return ViewTensor(*tensor).clone().to(spec().device);
    LogWarning(Concat({path, ": no features of this model, made anew"}));
    return {};
  }

  static void Write(const std::string& path, const at::Tensor& features) {
    const at::Tensor values = features.detach().cpu().contiguous();
    const bool half = values.scalar_type() == at::kBFloat16;
    const Status written = WriteSafetensors(
        path, {{kFeatures,
                half ? TensorDtype::kBF16 : TensorDtype::kF32,
                values.sizes().vec(),
                {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}}});
    if (!written.ok()) LogWarning(Concat({"features of an image: ", written.error().message}));
  }

  std::shared_ptr<VisionLanguageModel> model_;
  std::string directory_;
};

}  // namespace

Result<std::shared_ptr<VisionLanguageModel>> StoreImageFeatures(
    std::shared_ptr<VisionLanguageModel> model, const std::string& model_directory,
    const std::string& directory) {
  GRE_ASSIGN_OR_RETURN(const std::string config, ReadFile(model_directory + "/config.json"));
  std::string folder = Concat({directory, "/", HashOfImagePart(*model, config)});
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{ErrorCode::kUnavailable, Concat({folder, ": ", error.message()})};
  return std::shared_ptr<VisionLanguageModel>(
      std::make_shared<StoredImagesModel>(std::move(model), std::move(folder)));
}

}  // namespace gre
