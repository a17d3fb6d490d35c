#pragma once

#include <string_view>
#include <vector>

#include "core/result.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/bpe_model.h"

namespace gre {

// What a tokenizer.json of the supported shape says: NFC normaliser, Qwen's split pattern,
// byte-level BPE, added tokens without stripping.
struct TokenizerFile {
  BpeModel model;
  std::vector<AddedToken> added_tokens;
};

// Reads a whole tokenizer.json. Anything that would make the ids differ from those of Hugging Face
// tokenizers (another normaliser, pattern, dropout, ...) is refused with the field's name, what is
// expected and what was found. Keys that no known version writes are ignored with a warning.
Result<TokenizerFile> ReadTokenizerJson(std::string_view json);

}  // namespace gre
