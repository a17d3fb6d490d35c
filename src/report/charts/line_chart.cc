#include "report/charts/line_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "core/strings.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr double kHeight = 262;
constexpr PlotArea kArea = {62, 62, 522, 214};
constexpr size_t kSmoothedShare = 30;  // of the points: the window of the running mean
constexpr int64_t kMostStrips = 92;    // stretches that tell their values
constexpr double kLargest = 1e100;

using Points = std::vector<std::pair<int64_t, double>>;

size_t WindowOf(size_t points) {
  return points < kSmoothFrom ? 1 : std::max<size_t>(3, points / kSmoothedShare) | 1U;
}

// Centred running mean; the window is shorter at the ends.
Points Smoothed(const Points& points, size_t window) {
  std::vector<double> sums(points.size() + 1, 0);
  for (size_t i = 0; i < points.size(); ++i) sums[i + 1] = sums[i] + points[i].second;
  Points smooth;
  smooth.reserve(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const size_t reach = std::min({window / 2, i, points.size() - 1 - i});
    const double sum = sums[i + reach + 1] - sums[i - reach];
    smooth.emplace_back(points[i].first, sum / static_cast<double>(2 * reach + 1));
  }
  return smooth;
}

// A path through the points; of those that fall on one pixel the first, the extremes and the last.
std::string PathOf(const Points& points, const AxisScale& x, const AxisScale& y, double factor,
                   bool steps) {
  std::string path;
  const auto add = [&](double pixel, double value) {
    const std::string at = SvgNumber(pixel);
    const std::string height = SvgNumber(y.At(value * factor));
    path += path.empty() ? Concat({"M", at, " ", height})
            : steps      ? Concat({"H", at, "V", height})
                         : Concat({"L", at, " ", height});
  };
  for (size_t first = 0; first < points.size();) {
    const double pixel = std::round(x.At(static_cast<double>(points[first].first)));
    size_t end = first;
    size_t low = first, high = first;
    while (end < points.size() &&
           std::round(x.At(static_cast<double>(points[end].first))) == pixel) {
      if (points[end].second < points[low].second) low = end;
      if (points[end].second > points[high].second) high = end;
      ++end;
    }
    if (end - first <= 4) {
      for (size_t i = first; i < end; ++i) {
        add(x.At(static_cast<double>(points[i].first)), points[i].second);
      }
    } else {
      for (const size_t i : {first, std::min(low, high), std::max(low, high), end - 1}) {
        add(pixel, points[i].second);
      }
    }
    first = end;
  }
  return path;
}

// A power of ten that makes the axis' numbers short, and how it is said.
struct Magnitude {
  double factor = 1;
  std::string text;  // "× 10⁻⁶"
};

Magnitude MagnitudeOf(double largest) {
  if (!(largest > 0) || (largest >= 1e-3 && largest < 1e6)) return {};
  constexpr std::array<std::string_view, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                        "⁵", "⁶", "⁷", "⁸", "⁹"};
  const int exponent = std::clamp(static_cast<int>(std::floor(std::log10(largest))), -300, 300);
  std::string text = exponent < 0 ? "× 10⁻" : "× 10";
  for (const char digit : std::to_string(std::abs(exponent))) {
    text += kDigits[static_cast<size_t>(digit - '0')];
  }
  return {std::pow(10, -exponent), text};
}

std::string ValueText(double value, bool percent) {
  if (percent) return FormatFixed(value * 100, 1) + " %";
  const double size = std::abs(value);
  if (size == 0 || (size >= 1e-3 && size < 1e7)) {
    const double grain = size >= 100 ? 10 : 1e4;
    return NumberLabel(std::round(value * grain) / grain);
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

class LineDrawing {
 public:
  explicit LineDrawing(const LineChart& chart) : chart_(chart) {
    for (const ChartLine& line : chart.lines) {
      if (line.points.empty()) continue;
      ChartLine clean = line;
      for (auto& [at, value] : clean.points) value = std::clamp(value, -kLargest, kLargest);
      if (clean.spreads.size() != clean.points.size()) clean.spreads.clear();
      lines_.push_back(std::move(clean));
      const bool smooths = !chart.steps && !chart.points;
      window_ = std::max(window_, smooths ? WindowOf(line.points.size()) : 1);
    }
    for (const ChartLine& line : lines_) smooth_.push_back(Smoothed(line.points, window_));
  }

  std::string Draw() && {
    if (lines_.empty()) return NoData();
    Scale();
    SvgWriter svg(kLineChartWidth, kHeight, chart_.title, Description());
    DrawHeading(svg, FitText(chart_.title, kLineChartWidth - 24, 15),
                lines_.size() > 1 ? "" : FitText(chart_.subtitle, kLineChartWidth - 24));
    if (lines_.size() > 1) Keys(svg);
    const std::string label =
        window_ > 1 ? Concat({chart_.x_label, " (bold: mean of ", std::to_string(window_), ")"})
                    : chart_.x_label;
    const auto whole =
        static_cast<int>(std::clamp<double>(x_.values().to - x_.values().from, 1, 5));
    DrawXAxis(svg, kArea, x_, {.label = label, .unit = ""}, whole + 1);
    DrawYAxis(svg, kArea, y_, {.label = magnitude_.text, .unit = chart_.percent ? " %" : ""}, 5);
    Marks(svg);
    for (size_t i = 0; i < lines_.size(); ++i) Band(svg, i);
    for (size_t i = 0; i < lines_.size(); ++i) Line(svg, i);
    Strips(svg);
    return std::move(svg).Finish();
  }

 private:
  [[nodiscard]] std::string NoData() const {
    SvgWriter svg(kLineChartWidth, kHeight, chart_.title, "No data");
    DrawHeading(svg, FitText(chart_.title, kLineChartWidth - 24, 15), "");
    svg.Text(kLineChartWidth / 2, kHeight / 2, "No data",
             {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "middle"}});
    return std::move(svg).Finish();
  }

  void Scale() {
    double low = chart_.floor.value_or(std::numeric_limits<double>::infinity());
    double high = -std::numeric_limits<double>::infinity();
    int64_t first = lines_[0].points[0].first, last = first;
    for (const ChartLine& line : lines_) {
      first = std::min(first, line.points.front().first);
      last = std::max(last, line.points.back().first);
      for (const auto& [at, value] : line.points) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    if (chart_.percent) {
      factor_ = 100;
    } else {
      magnitude_ = MagnitudeOf(std::max(std::abs(low), std::abs(high)));
      factor_ = magnitude_.factor;
    }
    low *= factor_;
    high *= factor_;
    const double pad = high > low ? 0.06 * (high - low) : std::max(std::abs(high) * 0.1, 1e-3);
    const bool at_floor = chart_.floor && low >= *chart_.floor * factor_;
    y_ = AxisScale::Linear({at_floor ? low : low - pad, high + pad}, {kArea.bottom, kArea.top});
    const auto from = static_cast<double>(first);
    x_ = AxisScale::Linear({from, std::max(static_cast<double>(last), from + 1)},
                           {kArea.left, kArea.right});
  }

  void Keys(SvgWriter& svg) const {
    double x = 16;
    for (size_t i = 0; i < lines_.size(); ++i) {
      const SeriesStyle style = StyleOfSeries(i);
      svg.Leaf("line", {{"class", style.css_class + " line"},
                        {"x1", x},
                        {"y1", 42.0},
                        {"x2", x + 18},
                        {"y2", 42.0},
                        {"stroke", style.color},
                        {"stroke-width", 2.5}});
      const std::string name = FitText(lines_[i].name, 170);
      svg.Text(x + 24, 46, name);
      x += 24 + TextWidth(name) + 16;
      if (x > kLineChartWidth - 80) break;
    }
  }

  void Marks(SvgWriter& svg) const {
    for (const ChartMark& mark : chart_.marks) {
      const auto at = static_cast<double>(mark.x);
      if (at < x_.values().from || at > x_.values().to) continue;
      const std::string x = SvgNumber(x_.At(at));
      svg.Leaf("path",
               {{"class", "axis threshold"},
                {"d", Concat({"M", x, " ", SvgNumber(kArea.top), "V", SvgNumber(kArea.bottom)})},
                {"fill", "none"},
                {"stroke", kSoft},
                {"stroke-width", 1.2},
                {"stroke-dasharray", "2 3"}},
               mark.text);
    }
  }

  // Mean and spread of the spreads' running means.
  void Band(SvgWriter& svg, size_t index) const {
    const ChartLine& line = lines_[index];
    if (line.spreads.empty()) return;
    Points spreads;
    for (size_t i = 0; i < line.points.size(); ++i) {
      spreads.emplace_back(line.points[i].first, std::clamp(line.spreads[i], 0.0, kLargest));
    }
    spreads = Smoothed(spreads, window_);
    Points upper, lower;
    for (size_t i = 0; i < spreads.size(); ++i) {
      upper.emplace_back(spreads[i].first, smooth_[index][i].second + spreads[i].second);
      lower.emplace_back(spreads[i].first, smooth_[index][i].second - spreads[i].second);
    }
    const SeriesStyle style = StyleOfSeries(index);
    std::string path = PathOf(upper, x_, y_, factor_, false);
    std::string back = PathOf(lower, x_, y_, factor_, false);
    // the lower edge, from right to left
    std::vector<std::string_view> corners = Split(std::string_view(back).substr(1), 'L');
    for (size_t i = corners.size(); i-- > 0;) path += Concat({"L", corners[i]});
    svg.Leaf("path", {{"class", style.css_class + " area band"},
                      {"d", path + "Z"},
                      {"fill", style.color},
                      {"fill-opacity", 0.12}});
  }

  void Line(SvgWriter& svg, size_t index) const {
    const ChartLine& line = lines_[index];
    const SeriesStyle style = StyleOfSeries(index);
    const auto draw = [&](const Points& points, double width, double opacity) {
      svg.Leaf("path", {{"class", style.css_class + " line"},
                        {"d", PathOf(points, x_, y_, factor_, chart_.steps)},
                        {"fill", "none"},
                        {"stroke", style.color},
                        {"stroke-width", width},
                        {"stroke-opacity", opacity},
                        {"stroke-linejoin", "round"}});
    };
    if (window_ > 1) draw(line.points, 0.8, 0.38);
    draw(smooth_[index], 2, 1);
    if (line.points.size() > 1 && !chart_.points) return;
    for (const auto& [at, value] : line.points) {
      DrawMarker(svg, style, x_.At(static_cast<double>(at)), y_.At(value * factor_), 3.5);
    }
  }

  // Invisible bars whose tooltips tell what lies on them.
  void Strips(SvgWriter& svg) const {
    const auto first = static_cast<int64_t>(x_.values().from);
    const auto last = static_cast<int64_t>(x_.values().to);
    const int64_t stretch = (last - first) / kMostStrips + 1;
    for (int64_t from = first; from <= last; from += stretch) {
      std::string text;
      for (size_t i = 0; i < lines_.size(); ++i) {
        const auto begin =
            std::ranges::lower_bound(smooth_[i], from, {}, &Points::value_type::first);
        if (begin == smooth_[i].end() || begin->first >= from + stretch) continue;
        text += Concat({text.empty() ? "" : "\n", lines_.size() > 1 ? lines_[i].name : "",
                        lines_.size() > 1 ? " " : "", ValueText(begin->second, chart_.percent)});
      }
      if (text.empty()) continue;
      const auto middle = static_cast<double>(from);
      const auto width = static_cast<double>(stretch);
      const double left = x_.At(middle - width / 2);
      svg.Leaf("rect",
               {{"class", "strip"},
                {"x", left},
                {"y", kArea.top},
                {"width", std::max(x_.At(middle + width / 2) - left, 1.0)},
                {"height", kArea.bottom - kArea.top},
                {"fill", kInk},
                {"fill-opacity", 0.0}},
               Concat({chart_.x_label, " ", NumberLabel(middle), "\n", text}));
    }
  }

  [[nodiscard]] std::string Description() const {
    std::string text = chart_.subtitle;
    for (size_t i = 0; i < lines_.size(); ++i) {
      const ChartLine& line = lines_[i];
      text += Concat({text.empty() ? "" : " ", line.name, line.name.empty() ? "From " : ": from ",
                      ValueText(smooth_[i].front().second, chart_.percent), " at ",
                      NumberLabel(static_cast<double>(line.points.front().first)), " to ",
                      ValueText(smooth_[i].back().second, chart_.percent), " at ",
                      NumberLabel(static_cast<double>(line.points.back().first)), "."});
    }
    return text;
  }

  const LineChart& chart_;
  std::vector<ChartLine> lines_;
  std::vector<Points> smooth_;  // of each line
  size_t window_ = 1;
  Magnitude magnitude_;
  double factor_ = 1;
  AxisScale x_ = AxisScale::Linear({}, {});
  AxisScale y_ = AxisScale::Linear({}, {});
};

}  // namespace

std::string LineChartSvg(const LineChart& chart) { return LineDrawing(chart).Draw(); }

}  // namespace gre
