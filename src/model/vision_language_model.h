#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/cancellation.h"
#include "core/result.h"
#include "image/image.h"
#include "model/layers/attention.h"
#include "model/layers/decoder.h"
#include "model/layers/forward_options.h"
#include "model/layers/linear.h"
#include "tokenizer/chat_template.h"
#include "tokenizer/tokenizer.h"

namespace gre {

// A prompt ready for prefill. Rows of `token_ids` that hold the image placeholder receive the
// image's feature rows in order.
struct EncodedPrompt {
  std::vector<int32_t> token_ids;  // T ids, image placeholders repeated once per feature row
  at::Tensor positions;       // [A, T] int64, A = rotary axes of the architecture (3 for M-RoPE, 1)
  int64_t next_position = 0;  // position of the first generated token, on every axis
  std::vector<at::Tensor> pixels;  // one per image, in the architecture's own layout; float32
};

// What a weight of a vision-language model belongs to.
enum class ModelPart {
  kVision,    // the tower
  kMerger,    // from the tower's features to the language model's width
  kLanguage,  // embeddings, decoder, head
};

// One architecture: a folder under model/ implements this; nothing else switches on the model type.
// Weights are immutable after loading except through training; const calls are thread-safe only if
// no other thread changes weights or adapters. LibTorch exceptions may leave these functions; the
// engine and the trainer convert them.
class VisionLanguageModel {
 public:
  virtual ~VisionLanguageModel() = default;

  struct Spec {
    std::string architecture;  // "qwen2_5_vl", "gre_nano"
    int64_t hidden_size = 0;
    int64_t vocab_size = 0;  // rows of the head; ids >= tokenizer size are never sampled
    int64_t num_layers = 0;
    int64_t num_kv_heads = 0;
    int64_t head_dim = 0;
    int64_t max_positions = 0;     // context length
    std::vector<int32_t> eos_ids;  // any of them ends a turn
    at::ScalarType dtype = at::kFloat;
    at::Device device = at::kCPU;
  };
  [[nodiscard]] virtual const Spec& spec() const = 0;
  [[nodiscard]] virtual const Tokenizer& tokenizer() const = 0;

  // Renders the turns with the architecture's chat template and prepares the images (resize,
  // patches). `images` fill the image slots in order; a mismatch of counts is an error.
  [[nodiscard]] virtual Result<EncodedPrompt> EncodePrompt(std::span<const ChatTurn> turns,
                                                           std::span<const RgbImage* const> images,
                                                           bool add_generation_prompt) const = 0;

  // What the model writes to say `text` and end its turn. Text in the shape of a special token
  // stays text.
  [[nodiscard]] virtual std::vector<int32_t> EncodeReply(std::string_view text) const;

  // The image in the size in which EncodePrompt reads it, so that others who prepare it for this
  // model find nothing left to change.
  [[nodiscard]] virtual Result<RgbImage> FitImage(const RgbImage& image) const { return image; }

  // Vision tower and merger: feature rows of one prepared image, [R, hidden]; undefined when
  // `cancellation` (may be null) was set meanwhile.
  virtual at::Tensor EncodeImage(const at::Tensor& pixels,
                                 const CancellationToken* cancellation) const = 0;

  // Token embeddings with image rows put in at the placeholders, [T, hidden].
  virtual at::Tensor Embed(std::span<const int32_t> token_ids,
                           std::span<const at::Tensor> image_features) const = 0;

  // Decoder over a flat batch: embeddings [N, hidden], positions [A, N] -> final normed states
  // [rows wanted, hidden]. Segments cover the N rows without overlap. With caches, keys and values
  // are appended. Undefined, with the caches as long as before, when options.cancellation was set.
  virtual at::Tensor Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                             std::span<const AttentionSegment> segments,
                             const ForwardOptions& options) const = 0;

  // The decoder that Forward runs, for backward passes layer by layer; null: not to be trained.
  [[nodiscard]] virtual const Decoder* decoder() const { return nullptr; }

  // Head over chosen rows: [M, hidden] -> float32 logits [M, vocab_size].
  virtual at::Tensor Logits(const at::Tensor& states) const = 0;

  // Every linear layer that adapters may attach to (by Linear::Projection::path), and every
  // parameter that training may update (none of packed layers).
  virtual void VisitLinears(const LinearVisitor& visitor) {}
  virtual void VisitParameters(const ParameterVisitor& visitor) {}
  // The part of a weight, or of a module, by its hub name.
  [[nodiscard]] virtual ModelPart PartOf(std::string_view hub_name) const = 0;
  // What transformers calls the module or tensor of this hub name, for the files of adapters.
  [[nodiscard]] virtual std::string TransformersName(const std::string& hub_name) const {
    return hub_name;
  }
};

}  // namespace gre
