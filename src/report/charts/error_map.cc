#include "report/charts/error_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

#include "core/random.h"
#include "core/strings.h"
#include "report/charts/axis_scale.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"
#include "report/charts/map_window.h"
#include "report/wording.h"

namespace gre {
namespace {

// Colours of Okabe and Ito; each class also differs in width, so that near and far stay apart in
// grey. A page restyles them as d0 to d4.
struct DistanceClass {
  double up_to_km;
  std::string_view color;
  double width;
};
constexpr std::array<DistanceClass, 5> kClasses = {{{25, "#0072b2", 3},
                                                    {200, "#56b4e9", 2.5},
                                                    {750, "#009e73", 2.1},
                                                    {2500, "#e69f00", 1.8},
                                                    {1e9, "#d55e00", 1.5}}};

size_t ClassOf(double distance_km) {
  size_t i = 0;
  while (i + 1 < kClasses.size() && distance_km > kClasses[i].up_to_km) ++i;
  return i;
}

std::string ClassName(size_t i) {
  if (i + 1 == kClasses.size()) return "> " + NumberLabel(kClasses[i - 1].up_to_km) + " km";
  return "≤ " + NumberLabel(kClasses[i].up_to_km) + " km";
}

double Width(const PlotArea& area) { return area.right - area.left; }

void DrawLine(MapWindow& window, const ErrorLine& line, double opacity) {
  const size_t i = ClassOf(line.distance_km);
  std::string path;
  for (const auto& part : GreatCircleLines(line.truth, line.answer)) path += MapPath(part, false);
  window.svg().Leaf(
      "path",
      {{"class", Concat({"d", std::to_string(i), " line"})},
       {"d", path},
       {"fill", "none"},
       {"stroke", kClasses[i].color},
       {"stroke-opacity", opacity},
       {"stroke-width", window.Scaled(kClasses[i].width)},
       {"stroke-linecap", "round"}},
      Concat({line.label, line.label.empty() ? "" : ": ", DistanceText(line.distance_km)}));
}

// All points that the lines touch.
std::vector<LatLng> PointsOf(const std::vector<const ErrorLine*>& lines) {
  std::vector<LatLng> points;
  for (const ErrorLine* line : lines) {
    for (const auto& part : GreatCircleLines(line->truth, line->answer)) {
      points.insert(points.end(), part.begin(), part.end());
    }
  }
  return points;
}

std::vector<const ErrorLine*> SampleLines(const ErrorMap& map) {
  std::vector<const ErrorLine*> lines;
  for (const ErrorLine& line : map.lines) {
    if (std::isfinite(line.distance_km)) lines.push_back(&line);
  }
  if (lines.size() > map.most_lines) {
    Random random(map.seed);
    random.Shuffle(lines);
    lines.resize(map.most_lines);
  }
  // Long ones first: short ones are drawn over them.
  std::stable_sort(lines.begin(), lines.end(), [](const ErrorLine* a, const ErrorLine* b) {
    return a->distance_km > b->distance_km;
  });
  return lines;
}

}  // namespace

std::string ErrorMapSvg(const ErrorMap& map) {
  constexpr double kMapTop = 84;
  constexpr double kMapHeight = 330;
  constexpr double kLeastWidth = 60;  // degrees; the outline is too coarse for less
  const std::vector<const ErrorLine*> lines = SampleLines(map);
  if (lines.empty()) return NoDataChart(map.title, "no answer has a distance");
  std::array<size_t, kClasses.size()> counts = {};
  size_t records = 0;
  for (const ErrorLine& line : map.lines) {
    if (!std::isfinite(line.distance_km)) continue;
    ++counts[ClassOf(line.distance_km)];
    ++records;
  }
  const std::string subtitle =
      lines.size() == records
          ? Concat({"all ", std::to_string(records), " answers; a dot is the true place"})
          : Concat({std::to_string(lines.size()), " of ", std::to_string(records),
                    " answers, drawn at random; a dot is the true place"});
  std::string description = Concat({subtitle, "."});
  for (size_t i = 0; i < kClasses.size(); ++i) {
    description += Concat({" ", ClassName(i), ": ", std::to_string(counts[i]), "."});
  }
  SvgWriter svg(kChartWidth, kMapTop + kMapHeight + 16, map.title, description);
  DrawHeading(svg, map.title, subtitle);
  for (size_t i = 0; i < kClasses.size(); ++i) {
    const double x = 16 + 138 * static_cast<double>(i);
    svg.Leaf("line", {{"class", Concat({"d", std::to_string(i), " line"})},
                      {"x1", x},
                      {"y1", 64.0},
                      {"x2", x + 22},
                      {"y2", 64.0},
                      {"stroke", kClasses[i].color},
                      {"stroke-width", kClasses[i].width},
                      {"stroke-linecap", "round"}});
    svg.Text(x + 29, 68, Concat({ClassName(i), ": ", std::to_string(counts[i])}),
             {{"font-size", kSmallSize}});
  }
  const PlotArea area = {16, kMapTop, kChartWidth - 16, kMapTop + kMapHeight};
  {
    MapWindow window(svg, area, BoxFor(area, PointsOf(lines), kLeastWidth), map.world);
    const double opacity = std::clamp(150.0 / static_cast<double>(lines.size()), 0.55, 0.9);
    for (const ErrorLine* line : lines) DrawLine(window, *line, opacity);
    const double radius = lines.size() > 100 ? 1.6 : 2.4;
    for (const ErrorLine* line : lines) {
      window.Dot("mark truth", line->truth, radius, kInk, kPaper, 0.4);
    }
  }
  return std::move(svg).Finish();
}

std::string CaseMapSvg(const ErrorLine& line, const WorldLines& world) {
  constexpr PlotArea kArea = {0, 0, 340, 190};
  constexpr double kLeastWidth = 30;  // degrees
  SvgWriter svg(
      kArea.right, kArea.bottom, Concat({line.label, ": truth and answer"}),
      Concat({"truth at ", CoordinatesText(line.truth), ", answer at ",
              CoordinatesText(line.answer), ", ", DistanceText(line.distance_km), " apart"}));
  const MapBox box = BoxFor(kArea, PointsOf({&line}), kLeastWidth);
  {
    MapWindow window(svg, kArea, box, world);
    DrawLine(window, line, 0.9);
    window.Dot("mark answer", line.answer, 5, kPaper, "#d55e00", 2.4);
    window.Dot("mark truth", line.truth, 3.4, kInk, kPaper, 1);
  }
  const double pixels = Width(kArea) / box.width;
  const auto place = [&](const LatLng& point) {
    const MapPoint at = ProjectMiller(point);
    return MapPoint{(at.x - box.x) * pixels, (at.y - box.y) * pixels};
  };
  const MapPoint truth = place(line.truth);
  const MapPoint answer = place(line.answer);
  // The upper one's name stands above it, the lower one's below: they never meet.
  const bool truth_above = truth.y <= answer.y;
  for (const auto& [name, at, above] :
       {std::tuple{"truth", truth, truth_above}, std::tuple{"answer", answer, !truth_above}}) {
    const double y = std::clamp(at.y + (above ? -9.0 : 18.0), 12.0, kArea.bottom - 5);
    svg.Text(std::clamp(at.x, 24.0, kArea.right - 24), y, name,
             {{"text-anchor", "middle"}, {"font-size", kSmallSize}, {"font-weight", "600"}});
  }
  return std::move(svg).Finish();
}

}  // namespace gre
