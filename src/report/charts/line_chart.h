#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/charts/axis_scale.h"

namespace gre {

struct ChartLine {
  std::string name;                                // shown where there are several lines
  std::vector<std::pair<int64_t, double>> points;  // x rising, y finite
  std::vector<double> spreads = {};  // empty, or of each point: a band this far above and below
};

// A place on the x axis worth seeing.
struct ChartMark {
  int64_t x = 0;
  std::string text;  // under the pointer
};

// Figures over the updates of a run.
struct LineChart {
  std::string title = {};
  std::string subtitle = {};
  std::string x_label = "update";
  std::vector<ChartLine> lines = {};
  std::vector<ChartMark> marks = {};
  bool percent = false;              // values are shares, shown times 100
  bool steps = false;                // values hold until the next: drawn as steps, not smoothed
  bool points = false;               // few measurements: a marker at each, not smoothed
  std::optional<double> floor = {};  // the axis begins no higher: 0 for what is never negative
};

// A small chart, kLineChartWidth wide. From kSmoothFrom points on the values are a faint line and
// their running mean (of a thirtieth of the points) a full one, which the subtitle says. However
// many points there are, the paths hold at most a few for each pixel: the extremes of what falls on
// it. The values of every stretch stand under the pointer.
std::string LineChartSvg(const LineChart& chart);

inline constexpr double kLineChartWidth = 540;
inline constexpr size_t kSmoothFrom = 60;

}  // namespace gre
