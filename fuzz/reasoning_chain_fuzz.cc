// Chain text: whatever is read must render to text that reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reasoning/chain.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const gre::Chain chain = gre::ParseChain(text);
  if (chain.size() > gre::kMaxChainSteps) std::abort();
  if (gre::ParseChain(gre::RenderChain(chain)) != chain) std::abort();
  return 0;
}
