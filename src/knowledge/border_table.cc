#include "knowledge/border_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180;
// A little below every meridian degree of WGS-84 (110.57 km), so that bounds stay bounds.
constexpr double kMinKmPerDegree = 110.5;
constexpr size_t kPrefixBytes = 16;
constexpr int64_t kMaxUnits = int64_t{1} << 30;

Error BadTable(std::string_view what) {
  return {ErrorCode::kInvalidInput, "border table: " + std::string(what)};
}

uint32_t ReadU32(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= std::to_integer<uint32_t>(bytes[at + i]) << (8 * i);
  }
  return value;
}

class VarintReader {
 public:
  explicit VarintReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // nullopt at the end of the bytes or above 32 bits.
  std::optional<int32_t> Next() {
    uint64_t value = 0;
    for (int shift = 0; shift < 35 && at_ < bytes_.size(); shift += 7) {
      const auto byte = std::to_integer<uint64_t>(bytes_[at_++]);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) {
        if (value > std::numeric_limits<uint32_t>::max()) {
          return std::nullopt;
        }
        const auto bits = static_cast<uint32_t>(value);
        return static_cast<int32_t>(bits >> 1 ^ (~(bits & 1) + 1));
      }
    }
    return std::nullopt;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

using Arc = std::vector<BorderTable::Point>;

Result<std::vector<Arc>> ReadArcs(std::span<const std::byte> bytes, uint32_t count) {
  VarintReader reader(bytes);
  std::vector<Arc> arcs;
  for (uint32_t i = 0; i < count; ++i) {
    const auto size = reader.Next();
    // A point takes at least two bytes.
    if (!size || *size < 1 || static_cast<size_t>(*size) > bytes.size() / 2) {
      return BadTable("an arc has an impossible length");
    }
    Arc& arc = arcs.emplace_back();
    arc.reserve(static_cast<size_t>(*size));
    int64_t x = 0;
    int64_t y = 0;
    for (int32_t k = 0; k < *size; ++k) {
      const auto dx = reader.Next();
      const auto dy = reader.Next();
      if (!dx || !dy) {
        return BadTable("it ends inside an arc");
      }
      x = std::clamp<int64_t>(x + *dx, -kMaxUnits, kMaxUnits);
      y = std::clamp<int64_t>(y + *dy, -kMaxUnits, kMaxUnits);
      arc.push_back({static_cast<int32_t>(x), static_cast<int32_t>(y)});
    }
  }
  return arcs;
}

// The points of a closed line of arcs, without the repeated ones.
Result<std::vector<BorderTable::Point>> JoinArcs(const std::vector<Arc>& arcs,
                                                 const std::vector<int>& indices) {
  std::vector<BorderTable::Point> points;
  for (const int index : indices) {
    const auto at = static_cast<size_t>(index >= 0 ? index : ~index);
    if (at >= arcs.size()) {
      return BadTable("a ring names arc " + std::to_string(index));
    }
    const Arc& arc = arcs[at];
    if (index >= 0) {
      points.insert(points.end(), arc.begin(), arc.end() - 1);
    } else {
      points.insert(points.end(), arc.rbegin(), arc.rend() - 1);
    }
  }
  return points;
}

}  // namespace

bool BorderTable::Ring::Contains(double x, double y) const {
  if (x < low.x || x > high.x || y < low.y || y > high.y) {
    return false;
  }
  bool inside = false;
  const Point* a = &points.back();
  for (const Point& b : points) {
    if ((a->y > y) != (b.y > y) && x < a->x + (y - a->y) * (static_cast<double>(b.x) - a->x) /
                                                  (static_cast<double>(b.y) - a->y)) {
      inside = !inside;
    }
    a = &b;
  }
  return inside;
}

bool BorderTable::Area::Contains(double x, double y) const {
  bool inside = false;
  for (const Ring& ring : rings) {
    inside ^= ring.Contains(x, y);
  }
  return inside;
}

Result<BorderTable> BorderTable::Decode(std::span<const std::byte> bytes) {
  if (bytes.size() < kPrefixBytes || std::memcmp(bytes.data(), "GREBORD1", 8) != 0) {
    return BadTable("no GREBORD1 mark");
  }
  const size_t header_bytes = ReadU32(bytes, 8);
  if (header_bytes > bytes.size() - kPrefixBytes) {
    return BadTable("the header is longer than the table");
  }
  GRE_ASSIGN_OR_RETURN(
      const Json header,
      ParseJson({reinterpret_cast<const char*>(bytes.data()) + kPrefixBytes, header_bytes}));
  GRE_ASSIGN_OR_RETURN(const std::vector<Arc> arcs,
                       ReadArcs(bytes.subspan(kPrefixBytes + header_bytes), ReadU32(bytes, 12)));

  BorderTable table;
  try {
    table.units_per_degree_ = header.at("units_per_degree").get<double>();
    if (!(table.units_per_degree_ >= 1)) {
      return BadTable("units_per_degree is below 1");
    }
    for (const Json& row : header.at("areas")) {
      Area& area = table.areas_.emplace_back();
      area.land.country_code = row.at("code");
      area.land.name = row.at("name");
      area.overlay = row.at("overlay");
      if (row.at("disputed").get<bool>()) {
        area.land.dispute = Dispute{area.land.name, row.at("claimants"), row.at("note")};
      }
      for (const Json& indices : row.at("rings")) {
        Ring& ring = area.rings.emplace_back();
        GRE_ASSIGN_OR_RETURN(ring.points, JoinArcs(arcs, indices.get<std::vector<int>>()));
        if (ring.points.empty()) {
          return BadTable("a ring has no points");
        }
        const auto [west, east] = std::ranges::minmax(ring.points, {}, &Point::x);
        const auto [south, north] = std::ranges::minmax(ring.points, {}, &Point::y);
        ring.low = {west.x, south.y};
        ring.high = {east.x, north.y};
        const LatLng low = table.ToLatLng(ring.low.x, ring.low.y);
        const LatLng high = table.ToLatLng(ring.high.x, ring.high.y);
        if (!LatLng::FromDegrees(low.latitude_deg, low.longitude_deg) ||
            !LatLng::FromDegrees(high.latitude_deg, high.longitude_deg)) {
          return BadTable("a ring leaves the world");
        }
      }
    }
    for (const auto& [key, lines] :
         {std::pair{"coast", &table.outline_}, std::pair{"border", &table.borders_}}) {
      for (const Json& index : header.at(key)) {
        Polyline& line = lines->emplace_back();
        for (const Point& point : arcs.at(index.get<size_t>())) {
          line.push_back(table.ToLatLng(point.x, point.y));
        }
      }
    }
  } catch (const std::exception& error) {
    return BadTable(error.what());
  }
  if (std::ranges::none_of(table.areas_,
                           [](const Area& area) { return !area.overlay && !area.rings.empty(); })) {
    return BadTable("no area");
  }
  return table;
}

// A point on the antimeridian or at a pole lies on the edge of the rings cut there: it is moved
// half a unit inwards.
BorderTable::Position BorderTable::ToUnits(const LatLng& point) const {
  const double max_x = 180 * units_per_degree_ - 0.5;
  const double max_y = 90 * units_per_degree_ - 0.5;
  return {std::clamp(point.longitude_deg * units_per_degree_, -max_x, max_x),
          std::clamp(point.latitude_deg * units_per_degree_, -max_y, max_y)};
}

LatLng BorderTable::ToLatLng(double x, double y) const {
  return {y / units_per_degree_, x / units_per_degree_};
}

std::optional<LandArea> BorderTable::AreaAt(const LatLng& point) const {
  const auto [x, y] = ToUnits(point);
  std::optional<LandArea> found;
  for (const Area& area : areas_) {
    // Overlays come last and only add their dispute.
    if ((area.overlay ? found.has_value() && found->country_code == area.land.country_code
                      : !found.has_value()) &&
        area.Contains(x, y)) {
      if (area.overlay) {
        found->dispute = area.land.dispute;
      } else {
        found = area.land;
      }
    }
  }
  return found;
}

bool BorderTable::CountryContains(std::string_view code, const LatLng& point) const {
  const auto [x, y] = ToUnits(point);
  return std::ranges::any_of(areas_, [&, x = x, y = y](const Area& area) {
    return !area.overlay && area.land.country_code == code && area.Contains(x, y);
  });
}

// No point of the ring's box is nearer: by the gap in latitude, and by the distance to the
// meridians that bound it.
double BorderTable::LowerBoundKm(const Ring& ring, const LatLng& point) const {
  const LatLng low = ToLatLng(ring.low.x, ring.low.y);
  const LatLng high = ToLatLng(ring.high.x, ring.high.y);
  const double latitude_gap = std::max(
      {0.0, low.latitude_deg - point.latitude_deg, point.latitude_deg - high.latitude_deg});
  double longitude_gap = 0;
  if (point.longitude_deg < low.longitude_deg || point.longitude_deg > high.longitude_deg) {
    const double west = std::remainder(low.longitude_deg - point.longitude_deg, 360);
    const double east = std::remainder(high.longitude_deg - point.longitude_deg, 360);
    longitude_gap = std::min({std::abs(west), std::abs(east), 90.0});
  }
  const double to_meridian = std::asin(std::sin(longitude_gap * kRadiansPerDegree) *
                                       std::cos(point.latitude_deg * kRadiansPerDegree)) /
                             kRadiansPerDegree;
  return std::max(latitude_gap, to_meridian) * kMinKmPerDegree;
}

// Least distance to the ring, or something above `best_km`. Each edge is taken as straight in
// longitude and latitude scaled at the query point to choose its nearest point; the distance to
// that point is geodesic.
double BorderTable::DistanceKm(const Ring& ring, const LatLng& point, double best_km) const {
  const double scale = std::cos(point.latitude_deg * kRadiansPerDegree);
  const double px = point.longitude_deg * units_per_degree_;
  const double py = point.latitude_deg * units_per_degree_;
  const double turn = 360 * units_per_degree_;
  const double km_per_unit = kMinKmPerDegree / units_per_degree_;
  const Point* a = &ring.points.back();
  for (const Point& b : ring.points) {
    const Point& from = *a;
    a = &b;
    const double gap = std::max({0.0, std::min(from.y, b.y) - py, py - std::max(from.y, b.y)});
    if (gap * km_per_unit > best_km) {
      continue;
    }
    const double ax = std::remainder(from.x - px, turn) * scale;
    const double ay = from.y - py;
    const double dx = (static_cast<double>(b.x) - from.x) * scale;
    const double dy = static_cast<double>(b.y) - from.y;
    const double norm = dx * dx + dy * dy;
    const double t = norm > 0 ? std::clamp(-(ax * dx + ay * dy) / norm, 0.0, 1.0) : 0.0;
    const LatLng nearest =
        ToLatLng(from.x + t * (static_cast<double>(b.x) - from.x), from.y + t * dy);
    // The sphere first: GeographicLib is a hundred times dearer.
    if (HaversineDistanceKm(point, nearest) < best_km * 1.01 + 1e-9) {
      best_km = std::min(best_km, GeodesicDistanceKm(point, nearest));
    }
  }
  return best_km;
}

BorderTable::NearestArea BorderTable::NearestOf(std::optional<std::string_view> code,
                                                const LatLng& point) const {
  struct Candidate {
    double bound_km;
    const Area* area;
    const Ring* ring;
  };
  std::vector<Candidate> candidates;
  for (const Area& area : areas_) {
    for (const Ring& ring : area.rings) {
      if (!area.overlay && (!code || area.land.country_code == *code)) {
        candidates.push_back({LowerBoundKm(ring, point), &area, &ring});
      }
    }
  }
  std::ranges::sort(candidates, {}, &Candidate::bound_km);
  NearestArea nearest = {.km = std::numeric_limits<double>::infinity()};
  for (const Candidate& candidate : candidates) {
    if (candidate.bound_km >= nearest.km) {
      break;
    }
    if (const double km = DistanceKm(*candidate.ring, point, nearest.km); km < nearest.km) {
      nearest = {candidate.area, km};
    }
  }
  return nearest;
}

NearestLand BorderTable::NearestTo(const LatLng& point) const {
  if (auto area = AreaAt(point)) {
    return {std::move(*area), 0};
  }
  const NearestArea nearest = NearestOf(std::nullopt, point);
  return {nearest.area->land, nearest.km};
}

double BorderTable::DistanceToCountryKm(std::string_view code, const LatLng& point) const {
  return CountryContains(code, point) ? 0 : NearestOf(code, point).km;
}

// Integral of the position over the ring's inside on the unit sphere, by Stokes' theorem: half the
// sum over its edges of (angle of the edge) * (unit normal of its great circle), turned to the side
// where the ring lies.
Vector3 BorderTable::AreaVector(const Ring& ring) const {
  Vector3 sum;
  Vector3 middle;
  const auto at = [&](const Point& point) { return ToUnitVector(ToLatLng(point.x, point.y)); };
  Vector3 a = at(ring.points.back());
  for (const Point& point : ring.points) {
    const Vector3 b = at(point);
    const Vector3 normal = {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
    const double sine = normal.Norm();
    if (sine > 0) sum += normal.Scaled(std::atan2(sine, a.Dot(b)) / sine / 2);
    middle += b;
    a = b;
  }
  return sum.Dot(middle) < 0 ? sum.Scaled(-1) : sum;
}

std::optional<CountryExtent> BorderTable::ExtentOf(std::string_view code) const {
  Vector3 sum;
  for (const Area& area : areas_) {
    if (area.overlay || area.land.country_code != code) continue;
    for (const Ring& ring : area.rings) {
      // A ring within others of its area is a hole.
      const Point& corner = ring.points.front();
      bool is_hole = false;
      for (const Ring& other : area.rings) {
        is_hole ^= &other != &ring && other.Contains(corner.x, corner.y);
      }
      sum += AreaVector(ring).Scaled(is_hole ? -1 : 1);
    }
  }
  const double area = sum.Norm();
  if (area == 0) return std::nullopt;
  return CountryExtent{FromVector(sum), area * kMeanEarthRadiusKm * kMeanEarthRadiusKm};
}

}  // namespace gre
