#pragma once

#include <cstdint>
#include <string>

#include "tokenizer/tokenizer.h"

namespace gre {

// Turns ids into text as they are produced, holding back the bytes of a character until it is
// complete. The concatenated results equal Tokenizer::Decode of all ids. Keeps a reference to the
// tokenizer; one object serves one sample and is not thread-safe.
class StreamingDetokenizer {
 public:
  StreamingDetokenizer(const Tokenizer& tokenizer, bool skip_special)
      : tokenizer_(&tokenizer), skip_special_(skip_special) {}

  // The characters that `id` completes; valid UTF-8, possibly empty.
  [[nodiscard]] std::string Append(int32_t id);
  // The end of the output: a character that never came to its end becomes U+FFFD.
  [[nodiscard]] std::string Flush();

 private:
  const Tokenizer* tokenizer_;
  bool skip_special_;
  std::string pending_;  // at most an unfinished character between calls
};

}  // namespace gre
