#include "bench/leakage.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "core/parallel.h"
#include "core/random.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/record_file.h"
#include "geo/geodesic.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

constexpr double kSamePlaceKm = 0.01;
constexpr size_t kMinReplies = 5;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A side of the cells that are hashed, and the number of a cell.
constexpr double kCellKm = 1.01;  // chords are shorter than geodesics, WGS-84 is 0.3 % off a sphere

struct Cell {
  int64_t x;
  int64_t y;
  int64_t z;
};

Cell CellOf(const LatLng& point) {
  const Vector3 at = ToUnitVector(point).Scaled(kMeanEarthRadiusKm / kCellKm);
  return {static_cast<int64_t>(std::floor(at.x)), static_cast<int64_t>(std::floor(at.y)),
          static_cast<int64_t>(std::floor(at.z))};
}

uint64_t KeyOf(const Cell& cell) {
  constexpr uint64_t kBits = 20;
  constexpr int64_t kOffset = int64_t{1} << (kBits - 1);
  return static_cast<uint64_t>(cell.x + kOffset) << (2 * kBits) |
         static_cast<uint64_t>(cell.y + kOffset) << kBits | static_cast<uint64_t>(cell.z + kOffset);
}

}  // namespace

bool TextHoldsPoint(std::string_view text, const LatLng& point) {
  constexpr size_t kDecimals = 3;
  constexpr double kTolerance = 1e-3;
  const double latitude = std::abs(point.latitude_deg);
  const double longitude = std::abs(point.longitude_deg);
  bool has_latitude = false;
  bool has_longitude = false;
  for (size_t at = 0; at < text.size();) {
    if (!IsDigit(text[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == text.size() || text[at] != '.') continue;
    const size_t dot = at++;
    while (at < text.size() && IsDigit(text[at])) ++at;
    constexpr size_t kMaxDigits = 3;
    if (at - dot <= kDecimals || dot - begin > kMaxDigits) continue;
    const auto value = ParseDouble(text.substr(begin, at - begin));
    if (!value) continue;
    has_latitude |= std::abs(*value - latitude) < kTolerance;
    has_longitude |= std::abs(*value - longitude) < kTolerance;
  }
  return has_latitude && has_longitude;
}

std::vector<BenchWarning> DetectLeakage(std::span<const TruthRecord> truth,
                                        std::span<const Prediction> predictions,
                                        const Matching& matching, const LeakageOptions& options) {
  size_t in_prompt = 0;
  size_t in_reply = 0;
  size_t replies = 0;
  size_t metadata = 0;
  for (const Matching::Pair& pair : matching.pairs) {
    const Prediction& prediction = predictions[pair.prediction];
    if (prediction.point && prediction.metadata_gps &&
        GeodesicDistanceKm(*prediction.point, *prediction.metadata_gps) <= kSamePlaceKm) {
      ++metadata;
    }
    const auto& point = truth[pair.truth].point;
    if (!point) continue;
    if (!prediction.prompt.empty() && TextHoldsPoint(prediction.prompt, *point)) ++in_prompt;
    if (!prediction.text.empty()) {
      ++replies;
      if (TextHoldsPoint(SplitReply(prediction.text).thinking, *point)) ++in_reply;
    }
  }
  std::vector<BenchWarning> warnings;
  if (in_prompt > 0) {
    warnings.push_back({"truth_in_prompt", in_prompt,
                        std::to_string(in_prompt) +
                            " prompts hold the coordinates of the truth to three decimals: the "
                            "model was told the answer"});
  }
  if (in_reply >= kMinReplies &&
      static_cast<double>(in_reply) > options.max_reply_share * static_cast<double>(replies)) {
    warnings.push_back({"truth_in_reply", in_reply,
                        std::to_string(in_reply) + " of " + std::to_string(replies) +
                            " replies hold the coordinates of the truth to three decimals before "
                            "their answer: the model may have been shown them"});
  }
  if (metadata > 0) {
    warnings.push_back({"metadata_gps", metadata,
                        std::to_string(metadata) +
                            " answers equal the position in the photo's own file: it was visible "
                            "to the system"});
  }
  return warnings;
}

CoordinateGallery::CoordinateGallery(std::span<const LatLng> points)
    : points_(points.begin(), points.end()) {
  cells_.reserve(points_.size());
  for (size_t i = 0; i < points_.size(); ++i) {
    cells_.emplace(KeyOf(CellOf(points_[i])), static_cast<uint32_t>(i));
  }
}

Result<CoordinateGallery> CoordinateGallery::Read(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(path));
  GRE_ASSIGN_OR_RETURN(std::string latitude, ResolveField(file, "", "", kLatitudeSpellings));
  GRE_ASSIGN_OR_RETURN(std::string longitude, ResolveField(file, "", "", kLongitudeSpellings));
  if (latitude.empty() || longitude.empty()) {
    return Error{
        ErrorCode::kInvalidInput,
        path + ": expected fields with a latitude and a longitude, found " + DescribeFields(file)};
  }
  const std::vector<std::string> names = {std::move(latitude), std::move(longitude)};
  std::vector<LatLng> points;
  for (std::vector<FieldValue> values;;) {
    GRE_ASSIGN_OR_RETURN(const bool more, file.Next(names, values));
    if (!more) break;
    const auto lat = values[0].AsNumber();
    const auto lon = values[1].AsNumber();
    const auto point = lat && lon ? LatLng::FromDegrees(*lat, *lon) : std::nullopt;
    if (!point) {
      return Error{ErrorCode::kInvalidInput,
                   file.Place() + ": expected latitude and longitude in degrees, found '" +
                       values[0].text + "', '" + values[1].text + "'"};
    }
    points.push_back(*point);
  }
  return CoordinateGallery(points);
}

bool CoordinateGallery::HasWithin(const LatLng& point, double radius_km) const {
  const Cell cell = CellOf(point);
  for (int64_t dx = -1; dx <= 1; ++dx) {
    for (int64_t dy = -1; dy <= 1; ++dy) {
      for (int64_t dz = -1; dz <= 1; ++dz) {
        const auto [begin, end] =
            cells_.equal_range(KeyOf({cell.x + dx, cell.y + dy, cell.z + dz}));
        for (auto it = begin; it != end; ++it) {
          if (GeodesicDistanceKm(points_[it->second], point) <= radius_km) return true;
        }
      }
    }
  }
  return false;
}

GalleryOverlap CompareWithGallery(std::span<const TruthRecord> truth,
                                  const CoordinateGallery& gallery) {
  std::atomic<size_t> truths = 0;
  std::atomic<size_t> repeated = 0;
  std::atomic<size_t> near = 0;
  ParallelFor(truth.size(), {.min_items = 1000}, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (!truth[i].point) continue;
      ++truths;
      if (!gallery.HasWithin(*truth[i].point, 1)) continue;
      ++near;
      repeated += gallery.HasWithin(*truth[i].point, kSamePlaceKm) ? 1 : 0;
    }
  });
  return {gallery.size(), truths, repeated, near};
}

std::vector<BenchWarning> DetectGalleryLeak(const GalleryOverlap& overlap,
                                            const LeakageOptions& options) {
  const double share = static_cast<double>(overlap.repeated) /
                       static_cast<double>(std::max<size_t>(1, overlap.truths));
  if (share <= options.max_gallery_share) return {};
  return {{"truth_in_gallery", overlap.repeated,
           std::to_string(overlap.repeated) + " of " + std::to_string(overlap.truths) +
               " true points are points of the gallery (within 10 m), " +
               std::to_string(overlap.within_1_km) +
               " lie within 1 km of one: choosing from it is not locating"}};
}

}  // namespace gre
