#include "engine/local_embedder.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/torch_errors.h"
#include "model/bert/model.h"
#include "model/clip/model.h"

namespace gre {
namespace {

// Bounds the memory of one pass: rows of the widest intermediate result.
constexpr size_t kMaxBatchTokens = 4096;
constexpr size_t kMaxBatchImages = 16;

// Texts of like length side by side, so that attention runs over few different shapes; at most
// kMaxBatchTokens a batch. Calls run(batch, indices) with the texts and their places.
template <typename Run>
void ForEachBatch(const std::vector<TokenizedText>& texts, const Run& run) {
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return texts[a].ids.size() < texts[b].ids.size(); });
  std::vector<TokenizedText> batch;
  std::vector<size_t> indices;
  size_t tokens = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    batch.push_back(texts[order[i]]);
    indices.push_back(order[i]);
    tokens += batch.back().ids.size();
    const bool last = i + 1 == order.size();
    if (!last && tokens + texts[order[i + 1]].ids.size() <= kMaxBatchTokens) continue;
    run(batch, indices);
    batch.clear();
    indices.clear();
    tokens = 0;
  }
}

// Rows [begin, begin + count) of a float32 matrix, appended in order.
void CopyRows(const at::Tensor& matrix, int64_t begin, int64_t count, float* to) {
  const int64_t width = matrix.size(1);
  const float* from = matrix.const_data_ptr<float>() + begin * width;
  std::copy(from, from + count * width, to);
}

at::Tensor OnHost(const at::Tensor& tensor) { return tensor.cpu().contiguous(); }

template <typename Model, typename Embed>
Vectors EmbedTextsWith(const Model& model, std::span<const std::string> texts, int64_t dimensions,
                       const Embed& embed) {
  std::vector<TokenizedText> encoded;
  encoded.reserve(texts.size());
  Vectors vectors;
  vectors.dimensions = dimensions;
  vectors.values.resize(texts.size() * static_cast<size_t>(dimensions));
  for (const std::string& text : texts) {
    encoded.push_back(model.Tokenize(text));
    vectors.truncated += encoded.back().truncated ? 1 : 0;
  }
  ForEachBatch(encoded,
               [&](const std::vector<TokenizedText>& batch, const std::vector<size_t>& indices) {
                 const at::Tensor rows = OnHost(embed(batch));
                 for (size_t i = 0; i < indices.size(); ++i) {
                   CopyRows(rows, static_cast<int64_t>(i), 1,
                            vectors.values.data() + indices[i] * static_cast<size_t>(dimensions));
                 }
               });
  return vectors;
}

class BertEmbedder final : public Embedder {
 public:
  BertEmbedder(std::unique_ptr<const BertEmbeddingModel> model, EmbedderInfo info)
      : model_(std::move(model)), info_(std::move(info)) {}

  Result<Vectors> EmbedSentences(std::span<const std::string> texts) override {
    return CatchTorchErrors(info_.model, [&] {
      return EmbedTextsWith(*model_, texts, info_.dimensions,
                            [&](const auto& batch) { return model_->SentenceVectors(batch); });
    });
  }

  Result<std::vector<TokenVectors>> EmbedTokens(std::span<const std::string> texts) override {
    return CatchTorchErrors(info_.model, [&] { return TokensOf(texts); });
  }

  [[nodiscard]] const EmbedderInfo& info() const override { return info_; }

 private:
  [[nodiscard]] std::vector<TokenVectors> TokensOf(std::span<const std::string> texts) const {
    std::vector<TokenizedText> encoded;
    encoded.reserve(texts.size());
    for (const std::string& text : texts) encoded.push_back(model_->Tokenize(text));
    std::vector<TokenVectors> results(texts.size());
    ForEachBatch(encoded, [&](const std::vector<TokenizedText>& batch,
                              const std::vector<size_t>& indices) {
      const at::Tensor states = OnHost(model_->States(batch, info_.token_layer));
      int64_t begin = 0;
      for (size_t i = 0; i < batch.size(); ++i) {
        const std::vector<int32_t>& ids = batch[i].ids;
        TokenVectors& result = results[indices[i]];
        result.dimensions = info_.dimensions;
        result.truncated = batch[i].truncated;
        result.ids.assign(ids.begin() + 1, ids.end() - 1);
        result.values.resize(result.ids.size() * static_cast<size_t>(info_.dimensions));
        CopyRows(states, begin + 1, static_cast<int64_t>(result.ids.size()), result.values.data());
        begin += static_cast<int64_t>(ids.size());
      }
    });
    return results;
  }

  std::unique_ptr<const BertEmbeddingModel> model_;
  EmbedderInfo info_;
};

class ClipEmbedder final : public ImageTextEmbedder {
 public:
  ClipEmbedder(std::unique_ptr<const ClipModel> model, EmbedderInfo info)
      : model_(std::move(model)), info_(std::move(info)) {}

  Result<Vectors> EmbedTexts(std::span<const std::string> texts) override {
    return CatchTorchErrors(info_.model, [&] {
      return EmbedTextsWith(*model_, texts, info_.dimensions,
                            [&](const auto& batch) { return model_->TextVectors(batch); });
    });
  }

  Result<Vectors> EmbedImages(std::span<const RgbImage* const> images) override {
    return CatchTorchErrors(info_.model, [&] { return ImagesOf(images); });
  }

  [[nodiscard]] const EmbedderInfo& info() const override { return info_; }

 private:
  [[nodiscard]] Result<Vectors> ImagesOf(std::span<const RgbImage* const> images) const {
    Vectors vectors;
    vectors.dimensions = info_.dimensions;
    vectors.values.resize(images.size() * static_cast<size_t>(info_.dimensions));
    float* to = vectors.values.data();
    for (size_t begin = 0; begin < images.size(); begin += kMaxBatchImages) {
      std::vector<RgbImage> prepared;
      for (const RgbImage* image :
           images.subspan(begin, std::min(kMaxBatchImages, images.size() - begin))) {
        GRE_ASSIGN_OR_RETURN(RgbImage square, model_->Prepare(*image));
        prepared.push_back(std::move(square));
      }
      const at::Tensor rows = OnHost(model_->ImageVectors(prepared));
      CopyRows(rows, 0, rows.size(0), to);
      to += rows.numel();
    }
    return vectors;
  }

  std::unique_ptr<const ClipModel> model_;
  EmbedderInfo info_;
};

}  // namespace

Result<std::unique_ptr<Embedder>> LoadLocalEmbedder(const std::string& directory, std::string name,
                                                    int64_t token_layer, c10::Device device) {
  GRE_ASSIGN_OR_RETURN(auto model, CatchTorchErrors(directory, [&] {
                         return BertEmbeddingModel::Load(directory, device);
                       }));
  if (token_layer < 0 || token_layer > model->num_layers()) {
    return Error{ErrorCode::kInvalidArgument,
                 directory + ": token layer: expected 1 to " + std::to_string(model->num_layers()) +
                     " or 0 for the last, found " + std::to_string(token_layer)};
  }
  EmbedderInfo info;
  info.model = std::move(name);
  info.dimensions = model->hidden_size();
  info.max_tokens = model->max_tokens();
  info.token_layer = token_layer == 0 ? model->num_layers() : token_layer;
  info.pooling = model->pooling() == Pooling::kMean ? "mean" : "first_token";
  return std::unique_ptr<Embedder>(
      std::make_unique<BertEmbedder>(std::move(model), std::move(info)));
}

Result<std::unique_ptr<ImageTextEmbedder>> LoadLocalImageTextEmbedder(const std::string& directory,
                                                                      std::string name,
                                                                      c10::Device device) {
  GRE_ASSIGN_OR_RETURN(
      auto model, CatchTorchErrors(directory, [&] { return ClipModel::Load(directory, device); }));
  EmbedderInfo info;
  info.model = std::move(name);
  info.dimensions = model->projection_size();
  info.max_tokens = model->max_tokens();
  return std::unique_ptr<ImageTextEmbedder>(
      std::make_unique<ClipEmbedder>(std::move(model), std::move(info)));
}

}  // namespace gre
