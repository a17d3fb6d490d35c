// Any bytes through Encode and back: the text in normal form C comes out again, at once and
// streamed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/small_tokenizer.h"
#include "tokenizer/streaming_detokenizer.h"
#include "tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const gre::Tokenizer tokenizer =
      gre::Tokenizer::FromJson(gre::SmallTokenizerJson()).value();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool recognise_added : {false, true}) {
    const auto ids = tokenizer.Encode(text, recognise_added);
    const std::string decoded = tokenizer.Decode(ids, false);
    gre::StreamingDetokenizer stream(tokenizer, false);
    std::string streamed;
    for (const int32_t id : ids) streamed += stream.Append(id);
    streamed += stream.Flush();
    if (streamed != decoded) std::abort();
    // Normal forms are stable: what came out encodes to itself.
    if (!recognise_added && tokenizer.Decode(tokenizer.Encode(decoded, false), false) != decoded) {
      std::abort();
    }
  }
  return 0;
}
