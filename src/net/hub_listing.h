#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// What a hub and its hosts say about files, as text: no sockets here, so that it can be fuzzed.

// One file of a repository as the hub lists it.
struct HubFile {
  std::string path;  // relative, '/' separated, inside the folder
  int64_t bytes = 0;
  std::string sha256;  // of the content, for large files; else empty
  std::string git_id;  // SHA-1 of the git blob, for small files; else empty

  // The checksum that is there; the blob's name in the cache.
  [[nodiscard]] const std::string& checksum() const { return sha256.empty() ? git_id : sha256; }
};

struct HubListing {
  std::string commit;  // 40 hex digits
  std::vector<HubFile> files;
};

// Relative, normalised, inside the folder.
bool IsSafeHubPath(std::string_view path);

// The reply to /api/models/.../revision/...?blobs=true. Refuses names that leave the folder, files
// without a checksum or a believable size, and more than a pebibyte in all.
Result<HubListing> ParseHubListing(std::string_view json);

// True when `header` (Content-Range, RFC 9110, section 14.4) says that the body begins at `first`
// and goes to the end of a content of `total` bytes.
bool IsRestOfContent(std::string_view header, int64_t first, int64_t total);

}  // namespace gre
