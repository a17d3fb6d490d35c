#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tokenizer/piece_table.h"

namespace gre {

// How a BERT tokenizer prepares a text; the defaults are those of the uncased English models.
struct WordPieceOptions {
  bool clean_text = true;     // drops control characters and U+FFFD, turns white space into spaces
  bool split_han = true;      // every CJK ideograph is a word of its own
  bool lower_case = true;     // character by character
  bool strip_accents = true;  // NFD, then without its nonspacing marks
  int max_word_chars = 100;   // a longer word is one unknown token
  std::string unknown = "[UNK]";
  std::string begin = "[CLS]";
  std::string end = "[SEP]";
  std::string continuation = "##";  // stands before a piece that does not begin its word
};

// Ids of one text between their begin and end tokens.
struct TokenizedText {
  std::vector<int32_t> ids;
  bool truncated = false;  // the end of the text did not fit
};

// WordPiece tokenizer of BERT models (arXiv 1810.04805): words are runs between white space,
// punctuation marks stand alone, each word is cut into the longest pieces of the vocabulary from
// left to right and is one unknown token where that fails. Token for token what Hugging Face
// tokenizers give, but for texts such as "[SEP]", which stay text. Immutable and thread-safe.
class WordPieceTokenizer {
 public:
  static Result<WordPieceTokenizer> Create(PieceTable pieces, const WordPieceOptions& options);
  // The whole content of a vocab.txt: one piece a line, the line's number is its id.
  static Result<WordPieceTokenizer> FromVocabulary(std::string_view text,
                                                   const WordPieceOptions& options = {});
  // The whole content of a tokenizer.json with a WordPiece model. Whatever would make the ids
  // differ is refused with the field's name, the expected and the found.
  static Result<WordPieceTokenizer> FromJson(std::string_view json);
  // tokenizer.json, else vocab.txt; tokenizer_config.json, where there is one, decides about case,
  // accents and ideographs, as in transformers.
  static Result<WordPieceTokenizer> FromDirectory(const std::string& directory);

  // At most `max_tokens` ids, begin and end included; at least 2. Ill-formed UTF-8 reads as U+FFFD.
  [[nodiscard]] TokenizedText Encode(std::string_view text, size_t max_tokens) const;

  // One more than the largest id.
  [[nodiscard]] int32_t size() const { return pieces_.size(); }
  [[nodiscard]] const WordPieceOptions& options() const { return options_; }

 private:
  WordPieceTokenizer(PieceTable pieces, const WordPieceOptions& options);
  [[nodiscard]] std::string Normalize(std::string_view text) const;
  void EncodeWord(std::string_view word, std::vector<int32_t>& ids) const;

  PieceTable pieces_;
  WordPieceOptions options_;
  int32_t unknown_ = 0;
  int32_t begin_ = 0;
  int32_t end_ = 0;
};

}  // namespace gre
