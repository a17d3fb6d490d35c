#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
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
  // The code of the land that holds the point, else of the nearest land at most `max_km` away.
  [[nodiscard]] std::string_view CountryCodeWithin(const LatLng& point, double max_km) const;
  [[nodiscard]] double DistanceToCountryKm(std::string_view code, const LatLng& point) const;
  [[nodiscard]] bool CountryContains(std::string_view code, const LatLng& point) const;
  [[nodiscard]] std::optional<CountryExtent> ExtentOf(std::string_view code) const;
  [[nodiscard]] std::span<const Polyline> outline() const { return outline_; }
  [[nodiscard]] std::span<const Polyline> borders() const { return borders_; }

 private:
  struct Box {
    Point low = {INT32_MAX, INT32_MAX};
    Point high = {INT32_MIN, INT32_MIN};

    void Include(const Point& point);
    [[nodiscard]] bool Contains(double x, double y) const {
      return x >= low.x && x <= high.x && y >= low.y && y <= high.y;
    }
  };
  // A closed line. Its edges are sorted into bands of latitude, so that a query looks at those of
  // one band. Edge i leads to points[i] from the point before.
  struct Ring {
    Box box;
    std::vector<Point> points;          // not closed
    std::vector<uint32_t> band_begins;  // of `band_edges`, by band; one more than there are bands
    std::vector<uint32_t> band_edges;

    void MakeBands();
    [[nodiscard]] size_t BandOf(double y) const;
    [[nodiscard]] std::span<const uint32_t> EdgesBetween(double south, double north) const;
    [[nodiscard]] const Point& Before(uint32_t edge) const {
      return edge > 0 ? points[edge - 1] : points.back();
    }
    [[nodiscard]] bool Contains(double x, double y) const;
  };
  struct Area {
    LandArea land;
    bool overlay = false;
    Box box;
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

  // Among the areas counted to the country, or all of them when `code` is absent, within `max_km`.
  [[nodiscard]] NearestArea NearestOf(std::optional<std::string_view> code, const LatLng& point,
                                      double max_km) const;
  // Cells of half a degree, each on the whole in one area (or on the sea) unless an edge crosses
  // it. What is in them is found by the first query: values are kUnknown, kCrossed, kSea or the
  // index of an area. Atomic: queries come from many threads.
  struct Cells {
    static constexpr int kPerDegree = 2;
    static constexpr int kColumns = 360 * kPerDegree;
    static constexpr int kRows = 180 * kPerDegree;
    static constexpr int16_t kUnknown = -1;
    static constexpr int16_t kCrossed = -2;
    static constexpr int16_t kSea = -3;
    std::unique_ptr<std::atomic<int16_t>[]> values;
  };
  void MarkCrossedCells();
  // The rings of areas that reach into each row of cells, in the order of areas.
  struct RingPlace {
    uint16_t area = 0;
    uint16_t ring = 0;
  };
  void ListRingsByRow();
  [[nodiscard]] size_t CellOf(double x, double y) const;
  // The same by looking at the rings of the row.
  [[nodiscard]] const Area* FirstHolder(const Position& position, size_t row) const;
  // The first area that is no overlay and holds the position; nullptr on the sea.
  [[nodiscard]] const Area* HolderOf(const Position& position) const;
  [[nodiscard]] Vector3 AreaVector(const Ring& ring) const;
  [[nodiscard]] Position ToUnits(const LatLng& point) const;
  [[nodiscard]] LatLng ToLatLng(double x, double y) const;
  [[nodiscard]] double LowerBoundKm(const Box& box, const LatLng& point, double enough_km) const;
  [[nodiscard]] double DistanceKm(const Ring& ring, const LatLng& point, double best_km) const;

  double units_per_degree_ = 1;
  std::vector<Area> areas_;
  Cells cells_;
  std::vector<std::vector<RingPlace>> rings_by_row_;
  std::vector<Polyline> outline_;
  std::vector<Polyline> borders_;
};

}  // namespace gre
