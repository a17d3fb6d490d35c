// tokenizer.json from strangers: refused with a message or usable, never a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/log.h"
#include "tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gre::SetLogLevel(gre::LogLevel::kOff);
  const auto tokenizer = gre::Tokenizer::FromJson({reinterpret_cast<const char*>(data), size});
  if (!tokenizer.ok()) {
    if (tokenizer.error().message.empty()) std::abort();
    return 0;
  }
  const auto ids = tokenizer->Encode("The tram, línea 4 — 東京 <|im_end|>\n", true);
  (void)tokenizer->Decode(ids, true);
  return 0;
}
