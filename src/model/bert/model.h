#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "model/bert/config.h"
#include "model/bert/network.h"
#include "model/model_report.h"
#include "tokenizer/wordpiece.h"

namespace gre {

// A BERT encoder with its tokenizer, read from a Hugging Face directory: config.json,
// model.safetensors (also under "bert." and with heads, which are not used), tokenizer files, and
// what sentence-transformers adds. Runs in float32. Immutable and thread-safe; LibTorch exceptions
// may leave every function.
class BertEmbeddingModel {
 public:
  // The error names every file, field or tensor that is wrong, with the expected and the found.
  static Result<std::unique_ptr<BertEmbeddingModel>> Load(const std::string& directory,
                                                          at::Device device);
  // What Load would find, without loading.
  static ModelReport Inspect(const std::string& directory);

  // Ids of one text, begin and end included, at most max_tokens().
  [[nodiscard]] TokenizedText Tokenize(std::string_view text) const;
  // States of sequences of ids after `layer` layers (0 = all), [sum of their lengths, hidden].
  [[nodiscard]] at::Tensor States(std::span<const TokenizedText> texts, int64_t layer) const;
  // One unit vector a text, [texts, hidden]: the pooled states of its sequence, L2-normalised.
  [[nodiscard]] at::Tensor SentenceVectors(std::span<const TokenizedText> texts) const;

  [[nodiscard]] int64_t hidden_size() const { return hidden_size_; }
  [[nodiscard]] int64_t num_layers() const { return network_.num_layers(); }
  [[nodiscard]] int64_t max_tokens() const { return sentences_.max_tokens; }
  [[nodiscard]] Pooling pooling() const { return sentences_.pooling; }

 private:
  BertEmbeddingModel(WordPieceTokenizer tokenizer, BertNetwork network, SentenceConfig sentences,
                     int64_t hidden_size, at::Device device);

  WordPieceTokenizer tokenizer_;
  BertNetwork network_;
  SentenceConfig sentences_;
  int64_t hidden_size_;
  at::Device device_;
};

}  // namespace gre
