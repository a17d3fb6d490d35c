// How the bytes of a table become areas that can be searched.
#include <algorithm>
#include <cstring>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "knowledge/border_table.h"

namespace gre {
namespace {

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

void BorderTable::Box::Include(const Point& point) {
  low = {std::min(low.x, point.x), std::min(low.y, point.y)};
  high = {std::max(high.x, point.x), std::max(high.y, point.y)};
}

void BorderTable::Ring::MakeBands() {
  constexpr size_t kEdgesABand = 16;
  const size_t bands = points.size() / kEdgesABand + 1;
  band_begins.assign(bands + 1, 0);
  const auto for_each_band = [&](uint32_t edge, const auto& visit) {
    const auto [south, north] = std::minmax(Before(edge).y, points[edge].y);
    for (size_t band = BandOf(south); band <= BandOf(north); ++band) visit(band);
  };
  const auto count = static_cast<uint32_t>(points.size());
  for (uint32_t edge = 0; edge < count; ++edge) {
    for_each_band(edge, [&](size_t band) { ++band_begins[band + 1]; });
  }
  for (size_t band = 0; band < bands; ++band) band_begins[band + 1] += band_begins[band];
  band_edges.resize(band_begins.back());
  std::vector<uint32_t> next(band_begins.begin(), band_begins.end() - 1);
  for (uint32_t edge = 0; edge < count; ++edge) {
    for_each_band(edge, [&](size_t band) { band_edges[next[band]++] = edge; });
  }
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
        if (area.rings.size() > std::numeric_limits<uint16_t>::max()) {
          return BadTable("an area has too many rings");
        }
        Ring& ring = area.rings.emplace_back();
        GRE_ASSIGN_OR_RETURN(ring.points, JoinArcs(arcs, indices.get<std::vector<int>>()));
        if (ring.points.empty()) {
          return BadTable("a ring has no points");
        }
        for (const Point& point : ring.points) ring.box.Include(point);
        ring.MakeBands();
        area.box.Include(ring.box.low);
        area.box.Include(ring.box.high);
        const LatLng low = table.ToLatLng(ring.box.low.x, ring.box.low.y);
        const LatLng high = table.ToLatLng(ring.box.high.x, ring.box.high.y);
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
  if (table.areas_.size() > static_cast<size_t>(std::numeric_limits<int16_t>::max())) {
    return BadTable("too many areas");
  }
  table.MarkCrossedCells();
  table.ListRingsByRow();
  return table;
}

void BorderTable::MarkCrossedCells() {
  constexpr size_t kCount = size_t{Cells::kColumns} * Cells::kRows;
  cells_.values = std::make_unique<std::atomic<int16_t>[]>(kCount);
  for (size_t i = 0; i < kCount; ++i) cells_.values[i] = Cells::kUnknown;
  for (const Area& area : areas_) {
    for (const Ring& ring : area.rings) {
      for (uint32_t edge = 0; edge < ring.points.size(); ++edge) {
        Box box;
        box.Include(ring.Before(edge));
        box.Include(ring.points[edge]);
        const size_t low = CellOf(box.low.x, box.low.y);
        const size_t high = CellOf(box.high.x, box.high.y);
        for (size_t row = low / Cells::kColumns; row <= high / Cells::kColumns; ++row) {
          for (size_t column = low % Cells::kColumns; column <= high % Cells::kColumns; ++column) {
            cells_.values[row * Cells::kColumns + column] = Cells::kCrossed;
          }
        }
      }
    }
  }
}

void BorderTable::ListRingsByRow() {
  rings_by_row_.resize(Cells::kRows);
  for (size_t area = 0; area < areas_.size(); ++area) {
    if (areas_[area].overlay) continue;
    const std::vector<Ring>& rings = areas_[area].rings;
    for (size_t ring = 0; ring < rings.size(); ++ring) {
      const Box& box = rings[ring].box;
      const size_t first = CellOf(box.low.x, box.low.y) / Cells::kColumns;
      const size_t last = CellOf(box.high.x, box.high.y) / Cells::kColumns;
      for (size_t row = first; row <= last; ++row) {
        rings_by_row_[row].push_back({static_cast<uint16_t>(area), static_cast<uint16_t>(ring)});
      }
    }
  }
}

}  // namespace gre
