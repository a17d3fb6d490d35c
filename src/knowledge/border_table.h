#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "geo/sphere.h"
#include "knowledge/borders.h"

namespace gre {

// data/borders.bin, decoded. Internal to knowledge.
//
// Layout, little-endian: "GREBORD1", u32 header bytes, u32 arc count; the header, a JSON object
//   {"units_per_degree", "areas": [{"code", "name", "note", "disputed", "claimants", "overlay",
//   "rings": [[arc, ...], ...]}], "coast": [arc, ...], "border": [arc, ...]}
// where arc k >= 0 is the k-th arc and ~k the same arc backwards; then the arcs, each as varints
// (zigzag): point count, then longitude and latitude as differences to the point before, in units.
// Neighbours share the arc between them, so they meet without gap or overlap. A ring is closed; a
// point is inside an area when it is inside an odd number of its rings. Rings do not cross the
// antimeridian (they are cut there). The first area that holds a point counts. Overlays mark
// disputed parts of the other areas.
class BorderTable {
 public:
  struct Point {
    int32_t x = 0;  // longitude in units
    int32_t y = 0;  // latitude in units
  };

  // Fails on bytes that do not follow the layout.
  static Result<BorderTable> Decode(std::span<const std::byte> bytes);

  [[nodiscard]] std::optional<LandArea> AreaAt(const LatLng& point) const;
  [[nodiscard]] NearestLand NearestTo(const LatLng& point) const;
  [[nodiscard]] double DistanceToCountryKm(std::string_view code, const LatLng& point) const;
  [[nodiscard]] bool CountryContains(std::string_view code, const LatLng& point) const;
  [[nodiscard]] std::optional<CountryExtent> ExtentOf(std::string_view code) const;
  [[nodiscard]] std::span<const Polyline> outline() const { return outline_; }
  [[nodiscard]] std::span<const Polyline> borders() const { return borders_; }

 private:
  struct Ring {
    Point low;  // bounding box
    Point high;
    std::vector<Point> points;  // not closed

    [[nodiscard]] bool Contains(double x, double y) const;
  };
  struct Area {
    LandArea land;
    bool overlay = false;
    std::vector<Ring> rings;

    [[nodiscard]] bool Contains(double x, double y) const;
  };
  struct Position {
    double x;
    double y;
  };

  struct NearestArea {
    const Area* area = nullptr;  // nullptr: none
    double km;
  };

  // Among the areas counted to the country, or all of them when `code` is absent.
  [[nodiscard]] NearestArea NearestOf(std::optional<std::string_view> code,
                                      const LatLng& point) const;
  [[nodiscard]] Vector3 AreaVector(const Ring& ring) const;
  [[nodiscard]] Position ToUnits(const LatLng& point) const;
  [[nodiscard]] LatLng ToLatLng(double x, double y) const;
  [[nodiscard]] double LowerBoundKm(const Ring& ring, const LatLng& point) const;
  [[nodiscard]] double DistanceKm(const Ring& ring, const LatLng& point, double best_km) const;

  double units_per_degree_ = 1;
  std::vector<Area> areas_;
  std::vector<Polyline> outline_;
  std::vector<Polyline> borders_;
};

}  // namespace gre
