#include <algorithm>
#include <array>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/import/sources.h"
#include "dataset/photo_folder.h"
#include "image/metadata.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kExtensions = {
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".gif"};
constexpr size_t kMaxPhotoBytes = size_t{256} << 20;

FieldValue Number(double value) {
  FieldValue field;
  field.kind = FieldValue::Kind::kNumber;
  field.number = value;
  return field;
}

// The paths of the photos below the folder, sorted, so that every import has the same order.
Result<std::vector<std::string>> PhotoPaths(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.')) {
      if (it->is_directory(ignored)) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file(ignored)) continue;
    if (!IsPhotoFile(name)) continue;
    paths.push_back(it->path().lexically_relative(folder).generic_string());
  }
  if (error) return Error{ErrorCode::kNotFound, folder + ": " + error.message()};
  std::ranges::sort(paths);
  return paths;
}

SourceRecord ReadPhotoRecord(const std::string& folder, const std::string& id) {
  SourceRecord record;
  record.id = ReplaceInvalidUtf8(id);
  record.place = folder + "/" + record.id;
  record.path = folder + "/" + id;
  const auto reject = [&](std::string reason, std::string detail) {
    record.rejected = std::move(reason);
    record.detail = std::move(detail);
    return record;
  };
  Result<std::string> bytes = ReadFile(record.path, kMaxPhotoBytes);
  if (!bytes.ok()) return reject("unreadable", bytes.error().message);
  const PhotoMetadata metadata = ReadMetadata(*bytes);
  if (!metadata.gps) {
    return reject("no_position", metadata.problems.empty() ? "its metadata hold no GPS position"
                                                           : metadata.problems);
  }
  if (metadata.gps_estimated) {
    return reject("no_position", "its GPS position is an estimate, not a measurement");
  }
  record.bytes = std::move(*bytes);
  record.truth.latitude = Number(metadata.gps->latitude_deg);
  record.truth.longitude = Number(metadata.gps->longitude_deg);
  if (metadata.gps_accuracy_m) record.precision_km = *metadata.gps_accuracy_m / 1000;
  record.taken = metadata.taken_at.empty() ? metadata.gps_time_utc : metadata.taken_at;
  return record;
}

}  // namespace

bool IsPhotoFile(const std::string& name) {
  const std::string extension = AsciiLower(fs::path(name).extension().string());
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

Status ReadFolderSource(const std::string& source, const ImportOptions& options,
                        const RecordSink& sink) {
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> paths, PhotoPaths(source));
  if (paths.empty()) {
    return Error{ErrorCode::kInvalidInput, source + ": expected photos, found none"};
  }
  for (const std::string& path : paths) {
    SourceRecord record = ReadPhotoRecord(source, path);
    if (!record.precision_km && options.fields.precision_all_km > 0) {
      record.precision_km = options.fields.precision_all_km;
    }
    GRE_RETURN_IF_ERROR(sink(std::move(record)));
  }
  return {};
}

Status ReadPhotoFolderSource(const std::string& source, const ImportOptions& options,
                             const RecordSink& sink) {
  GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> photos, ReadPhotoFolder(source));
  for (const PhotoRecord& photo : photos) {
    SourceRecord record;
    record.id = photo.image;
    record.place = Concat({source, "/splits.csv: ", photo.image});
    record.path = source + "/" + photo.image;
    if (!FileExists(record.path)) {
      record.missing_file = "no file " + record.path;
      record.path.clear();
    }
    record.truth.country = photo.country_code;
    record.truth.centroid = photo.precision.find("centroid") != std::string::npos;
    if (photo.point) {
      record.truth.latitude = Number(photo.point->latitude_deg);
      record.truth.longitude = Number(photo.point->longitude_deg);
      if (options.fields.precision_all_km > 0) {
        record.precision_km = options.fields.precision_all_km;
      }
    }
    record.kind = PhotoKindName(photo.kind);
    record.split = PhotoSplitName(photo.split);
    Json extra = Json::object();
    if (!photo.precision.empty()) extra["precision"] = photo.precision;
    if (!photo.source.empty()) extra["source"] = photo.source;
    record.extra = DumpJson(extra);
    GRE_RETURN_IF_ERROR(sink(std::move(record)));
  }
  return {};
}

}  // namespace gre
