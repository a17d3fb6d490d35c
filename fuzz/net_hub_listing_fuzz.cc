#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/hub_listing.h"

// A listing names files inside the folder only, each with a checksum and a size that can be added
// up.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)gre::IsRestOfContent(bytes, 5, 10);
  const gre::Result<gre::HubListing> listing = gre::ParseHubListing(bytes);
  if (!listing.ok()) return 0;
  int64_t total = 0;
  for (const gre::HubFile& file : listing->files) {
    total += file.bytes;
    if (!gre::IsSafeHubPath(file.path) || file.bytes < 0 || total < 0) std::abort();
    if (file.checksum().size() != 40 && file.checksum().size() != 64) std::abort();
  }
  return 0;
}
