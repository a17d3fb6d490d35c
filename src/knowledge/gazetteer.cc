#include "knowledge/gazetteer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "core/check.h"
#include "core/file.h"
#include "core/log.h"
#include "core/parallel.h"
#include "geo/sphere.h"
#include "knowledge/name_folding.h"

namespace gre {
namespace {

constexpr size_t kMaxCsvBytes = 256u << 20;

Result<PlacesIndex> BuildIndex(std::string_view csv, std::shared_ptr<const std::string>* bytes) {
  GRE_ASSIGN_OR_RETURN(std::string built, PlacesIndex::Build(csv));
  *bytes = std::make_shared<const std::string>(std::move(built));
  return PlacesIndex::Open(*bytes, std::as_bytes(std::span<const char>(**bytes)), csv.size());
}

std::string_view CountryOf(const PlacesIndex::Record& record) {
  return {record.country_code.data(), record.country_code.size()};
}

KdTree::Point OnSphere(const LatLng& point) {
  const Vector3 vector = ToUnitVector(point);
  return {vector.x, vector.y, vector.z};
}

// The bits of an 11-bit number, a free bit after each.
uint32_t SpreadBits(uint32_t bits) {
  bits = (bits | bits << 8) & 0x00FF00FF;
  bits = (bits | bits << 4) & 0x0F0F0F0F;
  bits = (bits | bits << 2) & 0x33333333;
  return (bits | bits << 1) & 0x55555555;
}

// Neighbours in this order are mostly neighbours on the map (Morton 1966): 22 bits.
uint32_t MortonCode(const LatLng& point) {
  constexpr double kSteps = 2047;
  return SpreadBits(static_cast<uint32_t>((point.latitude_deg + 90) * (kSteps / 180))) << 1 |
         SpreadBits(static_cast<uint32_t>((point.longitude_deg + 180) * (kSteps / 360)));
}

struct Keyed {
  uint32_t key;
  uint32_t index;
};

// Sorts by 22-bit keys, in two passes. `scratch` is as long.
void RadixSort(std::span<Keyed> items, std::span<Keyed> scratch) {
  constexpr uint32_t kBits = 11;
  constexpr uint32_t kMask = (1u << kBits) - 1;
  for (const uint32_t shift : {0u, kBits}) {
    std::array<uint32_t, size_t{kMask} + 1> ends = {};
    for (const Keyed& item : items) ++ends[item.key >> shift & kMask];
    uint32_t begin = 0;
    for (uint32_t& end : ends) begin += std::exchange(end, begin);
    for (const Keyed& item : items) scratch[ends[item.key >> shift & kMask]++] = item;
    std::swap(items, scratch);
  }
}

// Visits the points in the order of their places on the map, so that the search finds in the cache
// what the last one touched and begins with the last answer as a bound.
void NearestOnSphere(const KdTree& tree, std::span<const LatLng> points,
                     std::span<Gazetteer::PlaceId> answers) {
  constexpr size_t kBatch = size_t{1} << 17;  // sorts within the second-level cache
  std::vector<Keyed> order(std::min(points.size(), kBatch));
  std::vector<Keyed> scratch(order.size());
  const auto accept_all = [](uint32_t) { return true; };
  KdTree::Nearest nearest;
  for (size_t begin = 0; begin < points.size(); begin += kBatch) {
    const size_t count = std::min(kBatch, points.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      order[i] = {MortonCode(points[begin + i]), static_cast<uint32_t>(i)};
    }
    RadixSort(std::span(order).first(count), std::span(scratch).first(count));
    for (size_t i = 0; i < count; ++i) {
      const size_t at = begin + order[i].index;
      const KdTree::Point query = OnSphere(points[at]);
      if (nearest.item != kNoItem)
        nearest.squared = KdTree::SquaredDistance(query, nearest.position);
      tree.Search(query, accept_all, &nearest);
      answers[at] = nearest.item;
    }
  }
}

}  // namespace

Result<Gazetteer> Gazetteer::FromCsv(std::string_view csv) {
  std::shared_ptr<const std::string> bytes;
  GRE_ASSIGN_OR_RETURN(PlacesIndex index, BuildIndex(csv, &bytes));
  return Gazetteer(std::move(index));
}

Result<Gazetteer> Gazetteer::Open(const std::string& folder) {
  const std::string csv_path = folder + "/places.csv";
  const std::string index_path = folder + "/places.bin";
  if (!FileExists(csv_path)) {
    return Error{
        ErrorCode::kUnavailable,
        csv_path + ": the GeoNames places are not there; run tools/setup/fetch_geodata.sh"};
  }
  GRE_ASSIGN_OR_RETURN(const auto csv, MappedFile::Open(csv_path));
  if (FileExists(index_path)) {
    GRE_ASSIGN_OR_RETURN(const auto map, MappedFile::Open(index_path));
    if (auto index = PlacesIndex::Open(map, map->bytes(), csv->bytes().size()); index.ok()) {
      return Gazetteer(std::move(index).value());
    }
  }
  if (csv->bytes().size() > kMaxCsvBytes) {
    return Error{ErrorCode::kInvalidInput, csv_path + ": larger than any places table"};
  }
  std::shared_ptr<const std::string> bytes;
  auto index =
      BuildIndex({reinterpret_cast<const char*>(csv->bytes().data()), csv->bytes().size()}, &bytes);
  if (!index.ok()) {
    return std::move(index).error().Wrap(csv_path);
  }
  if (const Status written = WriteFileAtomically(index_path, *bytes); !written.ok()) {
    LogDebug("the places index is rebuilt each time: " + written.error().message);
  }
  return Gazetteer(std::move(index).value());
}

Gazetteer::PlaceView Gazetteer::PlaceAt(PlaceId id) const {
  GRE_CHECK(id < index_.records().size());
  const PlacesIndex::Record& record = index_.records()[id];
  return {.id = id,
          .name = index_.Text(record.name),
          .region = index_.Text(record.region),
          .sub_region = index_.Text(record.sub_region),
          .country_code = CountryOf(record),
          .position = {record.latitude_e5 / 1e5, record.longitude_e5 / 1e5}};
}

std::optional<Gazetteer::PlaceView> Gazetteer::Nearest(const LatLng& point,
                                                       std::string_view country_code) const {
  const auto accept = [&](uint32_t id) {
    return id < size() && (country_code.empty() || CountryOf(index_.records()[id]) == country_code);
  };
  KdTree::Nearest nearest;
  index_.sphere().Search(OnSphere(point), accept, &nearest);
  return nearest.item == kNoPlace ? std::nullopt : std::optional(PlaceAt(nearest.item));
}

std::vector<Gazetteer::PlaceId> Gazetteer::NearestAll(std::span<const LatLng> points, Metric metric,
                                                      int threads) const {
  constexpr size_t kWorthAThread = 1000;
  std::vector<PlaceId> answers(points.size());
  ParallelFor(points.size(), {.min_items = kWorthAThread, .max_threads = threads},
              [&](size_t begin, size_t end) {
                const auto part = points.subspan(begin, end - begin);
                const auto part_answers = std::span(answers).subspan(begin, end - begin);
                if (metric == Metric::kSphere) {
                  NearestOnSphere(index_.sphere(), part, part_answers);
                } else {
                  index_.degrees().Nearest(part, part_answers);
                }
              });
  return answers;
}

std::vector<Gazetteer::PlaceView> Gazetteer::FindByName(std::string_view name,
                                                        std::string_view country_code,
                                                        std::string_view region) const {
  constexpr size_t kMaxNameBytes = 200;  // folding takes time; no place has a longer name
  std::vector<PlaceView> found;
  if (name.size() > kMaxNameBytes || region.size() > kMaxNameBytes) {
    return found;
  }
  const std::string folded = FoldName(name);
  const std::string merged = MergeDigraphs(folded);
  const std::string merged_region = MergeDigraphs(FoldName(region));
  if (folded.empty()) {
    return found;
  }
  const auto is_region = [&](std::string_view other) {
    return MergeDigraphs(FoldName(other)) == merged_region;
  };
  // A place is listed under both of its spellings, so either one of the wanted name finds it.
  std::vector<PlaceId> candidates;
  for (const std::string* key : {&folded, &merged}) {
    const auto names = index_.names();
    const uint32_t hash = PlacesIndex::HashName(*key);
    auto entry = std::ranges::lower_bound(names, hash, {}, &PlacesIndex::Name::hash);
    for (; entry != names.end() && entry->hash == hash; ++entry) {
      candidates.push_back(entry->place);
    }
  }
  std::ranges::sort(candidates);
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  for (const PlaceId id : candidates) {
    if (id >= size()) continue;
    const PlaceView place = PlaceAt(id);
    const bool same_name = MergeDigraphs(FoldName(place.name)) == merged;
    if (same_name && (country_code.empty() || place.country_code == country_code) &&
        (merged_region.empty() || is_region(place.region) || is_region(place.sub_region))) {
      found.push_back(place);
    }
  }
  return found;
}

std::vector<Gazetteer::PlaceView> Gazetteer::PlacesIn(std::string_view country_code) const {
  std::vector<PlaceView> places;
  for (PlaceId id = 0; id < size(); ++id) {
    if (CountryOf(index_.records()[id]) == country_code) {
      places.push_back(PlaceAt(id));
    }
  }
  return places;
}

}  // namespace gre
