// Weights of fusion: whatever is read must write text that reads back the same, and can be used.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bench/fusion/fusion.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto model = gre::ParseFusionModel({reinterpret_cast<const char*>(data), size});
  if (!model.ok()) return 0;
  const auto again = gre::ParseFusionModel(gre::FusionModelJson(*model));
  if (!again.ok() || !(*again == *model)) std::abort();
  const auto fused = gre::Ballot({{0, {48, 2}, 0.5}}).Fuse(*model);
  if (!fused || !(fused->support >= 0 && fused->support <= 1 + 1e-9)) std::abort();
  return 0;
}
