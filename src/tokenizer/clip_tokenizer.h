#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tokenizer/bpe_model.h"
#include "tokenizer/wordpiece.h"

namespace gre {

// The byte-level BPE tokenizer of CLIP (arXiv 2103.00020): NFC, lower case, words after CLIP's
// pattern, merges that know the end of a word ("</w>"). Token for token what Hugging Face
// tokenizers give, but for texts such as "<|endoftext|>", which stay text. Immutable and
// thread-safe.
class ClipTokenizer {
 public:
  // The whole content of a tokenizer.json. Whatever would make the ids differ is refused with the
  // field's name, the expected and the found.
  static Result<ClipTokenizer> FromJson(std::string_view json);
  // The whole contents of a vocab.json and a merges.txt.
  static Result<ClipTokenizer> FromVocabulary(std::string_view vocab_json, std::string_view merges);
  // tokenizer.json, else vocab.json and merges.txt.
  static Result<ClipTokenizer> FromDirectory(const std::string& directory);

  // At most `max_tokens` ids (at least 2): begin, the text's, end. Ill-formed UTF-8 reads as
  // U+FFFD.
  [[nodiscard]] TokenizedText Encode(std::string_view text, size_t max_tokens) const;

  // One more than the largest id.
  [[nodiscard]] int32_t size() const;
  [[nodiscard]] int32_t end_id() const { return end_; }

 private:
  // `pieces` and `merges` (in order of rank) spell "</w>" as kEndOfWord.
  static Result<ClipTokenizer> Create(PieceTable pieces, std::vector<BpeModel::Merge> merges);
  ClipTokenizer(BpeModel model, int32_t begin, int32_t end);

  BpeModel model_;
  int32_t begin_;
  int32_t end_;
};

}  // namespace gre
