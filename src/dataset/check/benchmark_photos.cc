#include "dataset/check/benchmark_photos.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/file.h"
#include "core/parallel.h"
#include "core/sha256.h"
#include "dataset/field_names.h"
#include "dataset/photo_index.h"
#include "dataset/record_file.h"
#include "image/decode.h"
#include "image/perceptual_hash.h"

namespace gre {
namespace {

constexpr std::string_view kHashSpellings[] = {"image_sha256", "sha256"};
constexpr std::string_view kSchemaSpellings[] = {"schema"};

// The photo's path in one of the folders; "" where none has it.
std::string FindPhoto(const std::vector<PhotoIndex>& folders,
                      std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (name.empty()) continue;
    for (const PhotoIndex& folder : folders) {
      if (const auto path = folder.Find(std::string(name)); path.ok()) {
        return folder.folder() + "/" + *path;
      }
    }
  }
  return {};
}

class BenchmarkReader {
 public:
  BenchmarkReader(RecordFile file, const std::vector<PhotoIndex>& folders, BenchmarkPhotos& into)
      : file_(std::move(file)), folders_(folders), into_(into) {}

  // The photos that are to be hashed.
  Result<std::vector<std::string>> Read() {
    enum : size_t { kId, kLatitude, kLongitude, kImage, kHash, kSchema, kFields };
    const std::array<std::span<const std::string_view>, kFields> spellings = {
        kIdSpellings,    kLatitudeSpellings, kLongitudeSpellings,
        kImageSpellings, kHashSpellings,     kSchemaSpellings};
    std::vector<std::string> names;
    for (const auto& candidates : spellings) {
      names.push_back(file_.FindField(candidates).value_or(""));
    }
    counts_.path = file_.name();
    std::vector<std::string> photos;
    for (std::vector<FieldValue> values;;) {
      GRE_ASSIGN_OR_RETURN(const bool more, file_.Next(names, values));
      if (!more) break;
      if (values[kSchema].text.starts_with("gre.benchmark/")) continue;  // its header
      ++counts_.records;
      GRE_RETURN_IF_ERROR(ReadPoint(values[kLatitude], values[kLongitude]));
      const bool has_hash = values[kHash].kind == FieldValue::Kind::kText;
      if (has_hash) into_.sha256s.insert(values[kHash].text);
      std::string photo = FindPhoto(folders_, {values[kImage].text, values[kId].text});
      counts_.photos += has_hash || !photo.empty() ? 1 : 0;
      if (!photo.empty()) {
        photos.push_back(std::move(photo));
      } else if (!folders_.empty()) {
        ++counts_.photos_missing;
      }
    }
    if (counts_.points == 0 && counts_.photos == 0) {
      return Error{ErrorCode::kInvalidInput,
                   file_.name() +
                       ": expected coordinates, image_sha256, or photos in --benchmark-photos, "
                       "found none of them; its fields: " +
                       DescribeFields(file_)};
    }
    into_.files.push_back(counts_);
    return photos;
  }

 private:
  Status ReadPoint(const FieldValue& latitude, const FieldValue& longitude) {
    if (!latitude.present() && !longitude.present()) return {};
    const auto y = latitude.AsNumber();
    const auto x = longitude.AsNumber();
    const auto point = y && x ? LatLng::FromDegrees(*y, *x) : std::nullopt;
    if (!point) {
      return Error{ErrorCode::kInvalidInput, file_.Place() +
                                                 ": expected degrees of latitude and longitude, "
                                                 "found '" +
                                                 latitude.text + "' and '" + longitude.text + "'"};
    }
    ++counts_.points;
    into_.points.push_back(*point);
    return {};
  }

  RecordFile file_;
  const std::vector<PhotoIndex>& folders_;
  BenchmarkPhotos& into_;
  BenchmarkPhotos::File counts_;
};

struct HashedPhoto {
  std::string sha256;  // empty: it cannot be read
  std::optional<uint64_t> hash;
};

HashedPhoto HashPhoto(const std::string& path) {
  HashedPhoto hashed;
  const Result<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return hashed;
  hashed.sha256 = Sha256Hex(*bytes);
  if (const Result<RgbImage> image = DecodeImage(*bytes, path); image.ok()) {
    hashed.hash = PerceptualHash(*image);
  }
  return hashed;
}

}  // namespace

Result<BenchmarkPhotos> ReadBenchmarkPhotos(
    const std::vector<std::string>& paths, const std::vector<std::string>& folders,
    const std::function<void(size_t done, size_t total)>& progress,
    const CancellationToken& cancellation) {
  std::vector<PhotoIndex> indices;
  for (const std::string& folder : folders) {
    GRE_ASSIGN_OR_RETURN(PhotoIndex index, PhotoIndex::Open(folder));
    indices.push_back(std::move(index));
  }
  BenchmarkPhotos benchmarks;
  std::vector<std::pair<size_t, std::string>> photos;  // file, path
  for (const std::string& path : paths) {
    GRE_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(path));
    GRE_ASSIGN_OR_RETURN(std::vector<std::string> found,
                         BenchmarkReader(std::move(file), indices, benchmarks).Read());
    for (std::string& photo : found) {
      photos.emplace_back(benchmarks.files.size() - 1, std::move(photo));
    }
  }
  constexpr size_t kStep = 64;
  for (size_t begin = 0; begin < photos.size(); begin += kStep) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    std::vector<HashedPhoto> hashed(std::min(kStep, photos.size() - begin));
    ParallelFor(hashed.size(), {}, [&](size_t first, size_t last) {
      for (size_t i = first; i < last; ++i) hashed[i] = HashPhoto(photos[begin + i].second);
    });
    for (size_t i = 0; i < hashed.size(); ++i) {
      if (!hashed[i].sha256.empty()) benchmarks.sha256s.insert(hashed[i].sha256);
      if (hashed[i].hash) benchmarks.hashes.push_back(*hashed[i].hash);
      if (hashed[i].sha256.empty()) ++benchmarks.files[photos[begin + i].first].photos_missing;
    }
    progress(begin + hashed.size(), photos.size());
  }
  return benchmarks;
}

}  // namespace gre
