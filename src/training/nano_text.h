#pragma once

#include <string>

namespace gre {

// The names of gre-nano's special tokens in tokenizer.json.
inline constexpr char kNanoImageToken[] = "<|image|>";
inline constexpr char kNanoBeginToken[] = "<|begin|>";
inline constexpr char kNanoEndToken[] = "<|end|>";

// A tokenizer.json in the shape of Qwen's: the 256 byte pieces without merges, the special tokens,
// and every line that AttributeReply can write as one added token, so that a reply is about twenty
// tokens and a country's probability is that of one token; a verdict is one token too. Equal facts
// give equal bytes.
std::string BuildNanoTokenizer();

}  // namespace gre
