#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/layers/encoder_layer.h"

namespace gre {

// config.json of a BERT encoder (arXiv 1810.04805).
struct BertConfig {
  EncoderLayerConfig layer;
  int64_t num_layers = 0;
  int64_t vocab_size = 0;
  int64_t max_positions = 0;
  int64_t type_vocab_size = 0;
};

enum class Pooling {
  kMean,        // over all tokens, begin and end included
  kFirstToken,  // [CLS]
};

// What a sentence-transformers directory says about sentence vectors (modules.json and the files
// that it names); a plain BERT directory is read with the defaults.
struct SentenceConfig {
  Pooling pooling = Pooling::kMean;
  int64_t max_tokens = 512;  // begin and end included
};

// What could be read, with a line for each wrong field.
struct BertReading {
  BertConfig config;
  std::vector<std::string> problems;
};

// The content of config.json.
Result<BertReading> ParseBertConfig(std::string_view json);

// Reads modules.json, the pooling module's config.json and sentence_bert_config.json where they
// exist; what this program does not compute (a dense layer, max pooling) is a line in `problems`.
SentenceConfig ReadSentenceConfig(const std::string& directory, int64_t max_positions,
                                  std::vector<std::string>& problems);

}  // namespace gre
