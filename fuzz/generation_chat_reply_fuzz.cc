#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/strings.h"
#include "generation/chat_body.h"
#include "generation/chat_reply.h"

// Any bytes a server may send: a whole reply of either protocol, an error body and a stream.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)gre::ParseChatReply(bytes);
  (void)gre::ParseGenerateReply(bytes);
  const std::string message = gre::ParseErrorMessage(bytes);
  if (!gre::IsValidUtf8(message) || message.find('\n') != std::string::npos) std::abort();
  (void)gre::RefusedField(message, {});
  gre::ChatStream stream([](int, std::string_view) {});
  for (size_t i = 0; i < size; i += 7) {
    if (!stream.Feed(bytes.substr(i, 7)).ok()) return 0;
  }
  (void)stream.Finish();
  return 0;
}
