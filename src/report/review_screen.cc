#include "report/review_screen.h"

#include <algorithm>
#include <cmath>

#include "core/strings.h"
#include "geo/geodesic.h"
#include "image/resize.h"
#include "report/terminal_map.h"
#include "report/text_escape.h"
#include "report/text_layout.h"
#include "report/wording.h"

namespace gre {
namespace {

constexpr int kPhotoLines = 24;
constexpr int kMaxColumns = 76;

std::string Line(std::string_view label, std::string_view text, int columns) {
  constexpr int kLabelColumns = 11;
  std::string out;
  std::string prefix = "  " + std::string(label);
  prefix.resize(kLabelColumns, ' ');
  for (const std::string& line : WrapText(PlainLine(text), columns - kLabelColumns)) {
    out += Concat({prefix, line, "\n"});
    prefix.assign(kLabelColumns, ' ');
  }
  return out;
}

std::string PointText(const LatLng& point, const PlaceNamer& namer, bool unicode) {
  return Concat(
      {PlaceText(namer.NameOf(point), point), "  (", CoordinatesText(point, 4, unicode), ")"});
}

std::string Colour(std::string_view kind, const uint8_t* pixel) {
  return Concat({"\x1b[", kind, ";2;", std::to_string(pixel[0]), ";", std::to_string(pixel[1]), ";",
                 std::to_string(pixel[2]), "m"});
}

}  // namespace

std::vector<std::string> DrawPhoto(const RgbImage& photo, int columns, int max_lines) {
  const double aspect = static_cast<double>(photo.height) / photo.width;
  int width = std::max(columns, 1);
  int lines = std::max(1, static_cast<int>(std::lround(width * aspect / 2)));
  if (lines > max_lines) {
    lines = max_lines;
    width = std::clamp(static_cast<int>(std::lround(2 * lines / aspect)), 1, columns);
  }
  const RgbImage small = Resize(photo, {width, 2 * lines}, ResizeFilter::kBilinear);
  const auto pixel = [&](int x, int y) {
    return small.pixels.data() +
           3 * (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x));
  };
  std::vector<std::string> drawn(static_cast<size_t>(lines));
  for (int line = 0; line < lines; ++line) {
    std::string& text = drawn[static_cast<size_t>(line)];
    for (int x = 0; x < width; ++x) {
      text += Colour("38", pixel(x, 2 * line));
      text += Colour("48", pixel(x, 2 * line + 1));
      text += "▀";
    }
    text += "\x1b[0m";
  }
  return drawn;
}

std::string RenderReviewScreen(const ReviewItem& item, const PlaceNamer& namer,
                               const TerminalReportOptions& options) {
  const int columns = std::clamp(options.columns, 40, kMaxColumns);
  std::string out = PlainLine(item.id) + "\n";
  if (item.photo && options.color && options.unicode) {
    for (const std::string& line : DrawPhoto(*item.photo, columns, kPhotoLines)) {
      out += Concat({line, "\n"});
    }
  }
  if (!item.photo_path.empty()) out += Line("Photo", item.photo_path, columns);
  if (item.truth) {
    out += Line("Truth", PointText(*item.truth, namer, options.unicode), columns);
  } else if (!item.truth_country.empty()) {
    out += Line("Truth", item.truth_country + " (country only)", columns);
  }
  if (item.answer) {
    std::string answer = PointText(*item.answer, namer, options.unicode);
    if (item.truth) {
      answer +=
          ", " + DistanceText(GeodesicDistanceKm(*item.answer, *item.truth)) + " from the truth";
    }
    out += Line("Answer", answer, columns);
  }
  if (item.label) out += Line("Label", *item.label ? "True" : "False", columns);
  for (const auto& [name, text] : item.details) out += Line(name, text, columns);
  for (size_t i = 0; i < item.key_steps.size(); ++i) {
    out += Line("Step " + std::to_string(i + 1), item.key_steps[i], columns);
  }
  if (!item.chain.empty()) out += RenderTerminalChain(item.chain, options);
  for (const std::string& finding : item.findings) out += Line("Check", finding, columns);
  if (!item.earlier.empty()) out += Line("Earlier", item.earlier, columns);
  if (!options.show_map) return out;
  std::vector<MapMarker> markers;
  if (item.truth) markers.push_back({.point = *item.truth, .symbol = 'T'});
  if (item.answer) markers.push_back({.point = *item.answer, .symbol = 'A'});
  if (markers.empty()) return out;
  out += "\n";
  for (const std::string& line :
       DrawWorldMap(options.land, markers,
                    {.columns = columns, .unicode = options.unicode, .color = options.color})) {
    out += Concat({"  ", line, "\n"});
  }
  out += "  T truth   A answer\n";
  return out;
}

}  // namespace gre
