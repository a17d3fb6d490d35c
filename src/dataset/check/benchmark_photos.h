#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

// What a dataset must have nothing in common with.
struct BenchmarkPhotos {
  struct File {
    std::string path;
    size_t records = 0;
    size_t points = 0;          // with coordinates
    size_t photos = 0;          // with a hash, given or of the photo in the folders
    size_t photos_missing = 0;  // that no folder holds, or that cannot be read
  };
  std::vector<File> files;
  std::vector<LatLng> points;
  std::vector<uint64_t> hashes;             // perceptual
  std::unordered_set<std::string> sha256s;  // of files
};

// Reads benchmark files (dataset/record_file.h): fields for id, coordinates, image and image_sha256
// by their usual spellings. Photos are looked for in `folders` by image or id (PhotoIndex) and
// hashed on all processors. kInvalidInput, with file and line, for coordinates that are none, and
// for a file that has neither coordinates nor hashes nor photos in the folders, since nothing could
// be compared with it.
Result<BenchmarkPhotos> ReadBenchmarkPhotos(
    const std::vector<std::string>& paths, const std::vector<std::string>& folders,
    const std::function<void(size_t done, size_t total)>& progress,
    const CancellationToken& cancellation);

}  // namespace gre
