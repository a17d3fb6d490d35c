#include "net/hub_listing.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 50;

bool IsHex(std::string_view text, size_t length) {
  return text.size() == length &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string StringOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<HubFile> ParseSibling(const Json& item) {
  HubFile file;
  if (item.is_object()) file.path = StringOf(item, "rfilename");
  if (file.path.empty()) {
    return Error{ErrorCode::kInvalidInput, "the hub's listing has a file without a name"};
  }
  if (!IsSafeHubPath(file.path)) {
    return Error{ErrorCode::kInvalidInput,
                 "the hub lists a file that would leave the model folder: '" +
                     ReplaceInvalidUtf8(file.path) + "'"};
  }
  const auto size = item.find("size");
  if (size == item.end() || !size->is_number_unsigned() ||
      size->get<uint64_t>() > static_cast<uint64_t>(kMaxBytes)) {
    return Error{ErrorCode::kInvalidInput, "the hub lists " + file.path + " with the size " +
                                               (size == item.end() ? "missing" : size->dump()) +
                                               ": expected a number of bytes"};
  }
  file.bytes = static_cast<int64_t>(size->get<uint64_t>());
  file.git_id = StringOf(item, "blobId");
  if (const auto lfs = item.find("lfs"); lfs != item.end() && lfs->is_object()) {
    file.sha256 = StringOf(*lfs, "sha256");
    file.git_id.clear();  // names the pointer file, not the content
  }
  if (!(file.sha256.empty() ? IsHex(file.git_id, 40) : IsHex(file.sha256, 64))) {
    return Error{ErrorCode::kInvalidInput,
                 "the hub gives no checksum for " + file.path + ": it cannot be verified"};
  }
  return file;
}

}  // namespace

bool IsSafeHubPath(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\\') != std::string_view::npos ||
      path.find('\0') != std::string_view::npos) {
    return false;
  }
  const std::vector<std::string_view> parts = Split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == "..";
  });
}

Result<HubListing> ParseHubListing(std::string_view text) {
  const Result<Json> json = ParseJson(text);
  if (!json.ok() || !json->is_object() || !json->contains("siblings") ||
      !(*json)["siblings"].is_array()) {
    return Error{ErrorCode::kInvalidInput,
                 "the answer is no listing of a model hub: expected JSON with \"sha\" and "
                 "\"siblings\""};
  }
  HubListing listing;
  listing.commit = StringOf(*json, "sha");
  if (!IsHex(listing.commit, 40))
    return Error{ErrorCode::kInvalidInput, "the hub's commit is not 40 hex digits"};
  int64_t total_bytes = 0;
  for (const Json& item : (*json)["siblings"]) {
    GRE_ASSIGN_OR_RETURN(HubFile file, ParseSibling(item));
    total_bytes += file.bytes;
    if (total_bytes > kMaxBytes) {
      return Error{ErrorCode::kInvalidInput, "the hub lists more than a pebibyte of files"};
    }
    listing.files.push_back(std::move(file));
  }
  return listing;
}

bool IsRestOfContent(std::string_view header, int64_t first, int64_t total) {
  header = Trim(header);
  if (!AsciiLower(header).starts_with("bytes ")) return false;
  return Trim(header.substr(6)) ==
         std::to_string(first) + "-" + std::to_string(total - 1) + "/" + std::to_string(total);
}

}  // namespace gre
