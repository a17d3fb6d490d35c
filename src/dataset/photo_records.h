#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

enum class PhotoKind { kStreet, kTravel };
enum class PhotoSplit { kTrain, kDev, kTest };

std::string_view PhotoKindName(PhotoKind kind);     // "street" or "travel"
std::string_view PhotoSplitName(PhotoSplit split);  // "train", "dev" or "test"
std::optional<PhotoKind> ParsePhotoKind(std::string_view text);
std::optional<PhotoSplit> ParsePhotoSplit(std::string_view text);

// One labelled photo. As a line of a JSON Lines manifest: {"image": path relative to the manifest's
// photo folder, "kind": "street" | "travel", "split": "train" | "dev" | "test", "country_code":
// ISO 3166-1 alpha-2, "latitude", "longitude": numbers or null}.
struct PhotoRecord {
  std::string image;
  PhotoKind kind = PhotoKind::kStreet;
  PhotoSplit split = PhotoSplit::kTrain;
  std::string country_code;
  std::optional<LatLng> point;  // absent: only the country is known
  // As the photo folder's table has them; not part of a manifest.
  std::string precision = {}, source = {};
};

// Errors name the line and the field.
Result<std::vector<PhotoRecord>> ParsePhotoManifest(std::string_view jsonl);
std::string FormatPhotoManifest(const std::vector<PhotoRecord>& records);

}  // namespace gre
