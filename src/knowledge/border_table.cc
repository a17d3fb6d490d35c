#include "knowledge/border_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "geo/geodesic.h"

namespace gre {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180;
// A little below every meridian degree of WGS-84 (110.57 km), so that bounds stay bounds.
constexpr double kMinKmPerDegree = 110.5;

}  // namespace

// `y` is within the box.
size_t BorderTable::Ring::BandOf(double y) const {
  const double height = static_cast<double>(box.high.y) - box.low.y + 1;
  const auto bands = static_cast<double>(band_begins.size() - 1);
  return static_cast<size_t>((y - box.low.y) * bands / height);
}

// The edges that reach into these latitudes, some of them more than once, and some others.
std::span<const uint32_t> BorderTable::Ring::EdgesBetween(double south, double north) const {
  if (north < box.low.y || south > box.high.y) return {};
  const size_t first = band_begins[BandOf(std::max<double>(south, box.low.y))];
  const size_t last = band_begins[BandOf(std::min<double>(north, box.high.y)) + 1];
  return std::span(band_edges).subspan(first, last - first);
}

bool BorderTable::Ring::Contains(double x, double y) const {
  if (!box.Contains(x, y)) return false;
  bool inside = false;
  for (const uint32_t edge : EdgesBetween(y, y)) {
    const Point& a = Before(edge);
    const Point& b = points[edge];
    if ((a.y > y) != (b.y > y) &&
        x < a.x + (y - a.y) * (static_cast<double>(b.x) - a.x) / (static_cast<double>(b.y) - a.y)) {
      inside = !inside;
    }
  }
  return inside;
}

bool BorderTable::Area::Contains(double x, double y) const {
  if (!box.Contains(x, y)) return false;
  bool inside = false;
  for (const Ring& ring : rings) {
    inside ^= ring.Contains(x, y);
  }
  return inside;
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

size_t BorderTable::CellOf(double x, double y) const {
  const auto index = [&](double units, double limit_deg, int count) {
    const double cell = (units / units_per_degree_ + limit_deg) * Cells::kPerDegree;
    return static_cast<size_t>(std::clamp(static_cast<int>(cell), 0, count - 1));
  };
  return index(y, 90, Cells::kRows) * Cells::kColumns + index(x, 180, Cells::kColumns);
}

const BorderTable::Area* BorderTable::FirstHolder(const Position& position, size_t row) const {
  const Area* inside_of = nullptr;  // among the rings seen so far of the last area
  uint16_t last = 0;
  for (const RingPlace& place : rings_by_row_[row]) {
    if (place.area != last && inside_of != nullptr) return inside_of;
    last = place.area;
    const Area& area = areas_[place.area];
    if (area.rings[place.ring].Contains(position.x, position.y)) {
      inside_of = inside_of == nullptr ? &area : nullptr;
    }
  }
  return inside_of;
}

const BorderTable::Area* BorderTable::HolderOf(const Position& position) const {
  const size_t index = CellOf(position.x, position.y);
  std::atomic<int16_t>& cell = cells_.values[index];
  const int16_t known = cell.load(std::memory_order_relaxed);
  if (known >= 0) return &areas_[static_cast<size_t>(known)];
  if (known == Cells::kSea) return nullptr;
  const Area* holder = FirstHolder(position, index / Cells::kColumns);
  if (known == Cells::kUnknown) {
    cell.store(holder == nullptr ? Cells::kSea : static_cast<int16_t>(holder - areas_.data()),
               std::memory_order_relaxed);
  }
  return holder;
}

std::optional<LandArea> BorderTable::AreaAt(const LatLng& point) const {
  const Position position = ToUnits(point);
  const Area* holder = HolderOf(position);
  if (holder == nullptr) return std::nullopt;
  LandArea found = holder->land;
  for (const Area& area : areas_) {
    // Overlays only add their dispute.
    if (area.overlay && area.land.country_code == found.country_code &&
        area.Contains(position.x, position.y)) {
      found.dispute = area.land.dispute;
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

// No point of the box is nearer: by the gap in latitude, and by the distance to the meridians that
// bound it. Boxes that are farther than `enough_km` get a coarser bound above it, without
// trigonometry.
double BorderTable::LowerBoundKm(const Box& box, const LatLng& point, double enough_km) const {
  const LatLng low = ToLatLng(box.low.x, box.low.y);
  const LatLng high = ToLatLng(box.high.x, box.high.y);
  const double latitude_gap = std::max(
      {0.0, low.latitude_deg - point.latitude_deg, point.latitude_deg - high.latitude_deg});
  if (latitude_gap * kMinKmPerDegree > enough_km) return latitude_gap * kMinKmPerDegree;
  double longitude_gap = 0;
  if (point.longitude_deg < low.longitude_deg || point.longitude_deg > high.longitude_deg) {
    const auto turn = [](double degrees) { return std::min(degrees, 360 - degrees); };
    longitude_gap = std::min({turn(std::abs(low.longitude_deg - point.longitude_deg)),
                              turn(std::abs(high.longitude_deg - point.longitude_deg)), 90.0});
  }
  if (longitude_gap == 0) return latitude_gap * kMinKmPerDegree;
  const double cos_latitude = std::cos(point.latitude_deg * kRadiansPerDegree);
  // asin(sin(gap) cos) >= sin(gap) cos >= 2/pi gap cos, for gaps up to 90 degrees.
  const double coarse = 2 / std::numbers::pi * longitude_gap * cos_latitude;
  if (coarse * kMinKmPerDegree > enough_km) return coarse * kMinKmPerDegree;
  const double to_meridian =
      std::asin(std::sin(longitude_gap * kRadiansPerDegree) * cos_latitude) / kRadiansPerDegree;
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
  const double reach = best_km / km_per_unit;
  for (const uint32_t edge : ring.EdgesBetween(py - reach, py + reach)) {
    const Point& from = ring.Before(edge);
    const Point& b = ring.points[edge];
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
                                                const LatLng& point, double max_km) const {
  struct Candidate {
    double bound_km;
    const Area* area;
    const Ring* ring;
  };
  std::vector<Candidate> candidates;
  for (const Area& area : areas_) {
    if (area.overlay || (code && area.land.country_code != *code) ||
        LowerBoundKm(area.box, point, max_km) > max_km) {
      continue;
    }
    for (const Ring& ring : area.rings) {
      const double bound_km = LowerBoundKm(ring.box, point, max_km);
      if (bound_km <= max_km) candidates.push_back({bound_km, &area, &ring});
    }
  }
  std::ranges::sort(candidates, {}, &Candidate::bound_km);
  NearestArea nearest = {.km = std::nextafter(max_km, std::numeric_limits<double>::infinity())};
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
  const NearestArea nearest =
      NearestOf(std::nullopt, point, std::numeric_limits<double>::infinity());
  return {nearest.area->land, nearest.km};
}

std::string_view BorderTable::CountryCodeWithin(const LatLng& point, double max_km) const {
  const Area* area = HolderOf(ToUnits(point));
  if (area == nullptr) area = NearestOf(std::nullopt, point, max_km).area;
  return area == nullptr ? std::string_view() : area->land.country_code;
}

double BorderTable::DistanceToCountryKm(std::string_view code, const LatLng& point) const {
  return CountryContains(code, point)
             ? 0
             : NearestOf(code, point, std::numeric_limits<double>::infinity()).km;
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
