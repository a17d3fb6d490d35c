#include "report/terminal_map.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace gre {
namespace {

constexpr int kDotsAcross = 2;  // of a character cell, in braille
constexpr int kDotsDown = 4;
constexpr double kNorthDeg = 84;
constexpr double kSouthDeg = -57;

constexpr std::string_view kLandColor = "\x1b[32m";
constexpr std::string_view kAnswerColor = "\x1b[1;31m";
constexpr std::string_view kMarkerColor = "\x1b[1;33m";
constexpr std::string_view kResetColor = "\x1b[0m";

// Bits of U+2800..U+28FF by [row][column].
constexpr uint8_t kBrailleBit[kDotsDown][kDotsAcross] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

class Canvas {
 public:
  Canvas(int columns, double south_deg) : columns_(columns) {
    degrees_per_dot_ = 360.0 / (columns * kDotsAcross);
    rows_ = static_cast<int>(std::ceil((kNorthDeg - south_deg) / (degrees_per_dot_ * kDotsDown)));
    land_.assign(static_cast<size_t>(columns_) * static_cast<size_t>(rows_), 0);
  }

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] uint8_t LandBits(int row, int column) const { return land_[Index(row, column)]; }

  // Even-odd rule along each row of dots.
  void FillLand(LandRings land) {
    std::vector<double> crossings;
    for (int y = 0; y < rows_ * kDotsDown; ++y) {
      const double latitude = kNorthDeg - (y + 0.5) * degrees_per_dot_;
      crossings.clear();
      for (const std::vector<LatLng>& ring : land) {
        for (size_t i = 0; i < ring.size(); ++i) {
          const LatLng& a = ring[i];
          const LatLng& b = ring[(i + 1) % ring.size()];
          if ((a.latitude_deg > latitude) == (b.latitude_deg > latitude)) continue;
          const double t = (latitude - a.latitude_deg) / (b.latitude_deg - a.latitude_deg);
          crossings.push_back(a.longitude_deg + t * (b.longitude_deg - a.longitude_deg));
        }
      }
      std::sort(crossings.begin(), crossings.end());
      for (size_t i = 0; i + 1 < crossings.size(); i += 2) {
        FillDots(y, crossings[i], crossings[i + 1]);
      }
    }
  }

  [[nodiscard]] int RowOf(const LatLng& point) const {
    const double row = (kNorthDeg - point.latitude_deg) / (degrees_per_dot_ * kDotsDown);
    return std::clamp(static_cast<int>(std::floor(row)), 0, rows_ - 1);
  }
  [[nodiscard]] int ColumnOf(const LatLng& point) const {
    const double column = (point.longitude_deg + 180) / (degrees_per_dot_ * kDotsAcross);
    return std::clamp(static_cast<int>(std::floor(column)), 0, columns_ - 1);
  }

 private:
  [[nodiscard]] size_t Index(int row, int column) const {
    return static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column);
  }

  // Dots whose centres lie between two longitudes.
  void FillDots(int y, double west_deg, double east_deg) {
    const auto first = static_cast<int>(std::ceil((west_deg + 180) / degrees_per_dot_ - 0.5));
    const auto last = static_cast<int>(std::floor((east_deg + 180) / degrees_per_dot_ - 0.5));
    for (int x = std::max(first, 0); x <= std::min(last, columns_ * kDotsAcross - 1); ++x) {
      land_[Index(y / kDotsDown, x / kDotsAcross)] |= kBrailleBit[y % kDotsDown][x % kDotsAcross];
    }
  }

  int columns_;
  int rows_ = 0;
  double degrees_per_dot_ = 0;
  std::vector<uint8_t> land_;  // braille bits by cell
};

// What stands in one character cell.
struct Cell {
  std::string text = " ";
  std::string_view color;
};

std::string LandText(uint8_t bits, bool unicode) {
  if (bits == 0) return " ";
  if (!unicode) return std::popcount(bits) * 2 >= kDotsAcross * kDotsDown ? ":" : ".";
  return {'\xE2', static_cast<char>(0xA0 | (bits >> 6)), static_cast<char>(0x80 | (bits & 0x3F))};
}

std::string JoinCells(const std::vector<Cell>& cells, bool color) {
  std::string line;
  std::string_view current;
  for (const Cell& cell : cells) {
    if (color && cell.color != current) {
      if (!current.empty()) line += kResetColor;
      line += cell.color;
      current = cell.color;
    }
    line += cell.text;
  }
  if (!current.empty()) line += kResetColor;
  return line;
}

}  // namespace

std::vector<std::string> DrawWorldMap(LandRings land, std::span<const MapMarker> markers,
                                      const TerminalMapOptions& options) {
  if (options.columns < kMinMapColumns) return {};
  const bool far_south = std::any_of(markers.begin(), markers.end(), [](const MapMarker& marker) {
    return marker.point.latitude_deg < kSouthDeg;
  });
  Canvas canvas(options.columns, far_south ? -90 : kSouthDeg);
  canvas.FillLand(land);

  std::vector<std::vector<Cell>> rows(static_cast<size_t>(canvas.rows()));
  for (int row = 0; row < canvas.rows(); ++row) {
    for (int column = 0; column < options.columns; ++column) {
      const uint8_t bits = canvas.LandBits(row, column);
      rows[static_cast<size_t>(row)].push_back(
          {LandText(bits, options.unicode), bits == 0 ? "" : kLandColor});
    }
  }
  const auto draw = [&](const MapMarker& marker) {
    const auto row = static_cast<size_t>(canvas.RowOf(marker.point));
    const auto column = static_cast<size_t>(canvas.ColumnOf(marker.point));
    std::string text(1, marker.symbol);
    if (marker.is_answer && options.unicode) text = "✕";
    rows[row][column] = {std::move(text), marker.is_answer ? kAnswerColor : kMarkerColor};
  };
  // In reverse, so that of two markers in one cell the earlier is seen; the answer last of all.
  for (size_t i = markers.size(); i > 0; --i) {
    if (!markers[i - 1].is_answer) draw(markers[i - 1]);
  }
  for (const MapMarker& marker : markers) {
    if (marker.is_answer) draw(marker);
  }

  std::vector<std::string> lines;
  for (std::vector<Cell>& cells : rows) {
    while (!cells.empty() && cells.back().text == " ") cells.pop_back();
    lines.push_back(JoinCells(cells, options.color));
  }
  return lines;
}

}  // namespace gre
