#include "report/charts/interval_bars.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/strings.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr double kLabelsLeft = 16;
constexpr double kPlotLeft = 176;
constexpr double kPlotRight = 574;
constexpr double kNumbersRight = kChartWidth - 14;
constexpr double kBarHeight = 15;
constexpr double kGroupGap = 13;
constexpr double kLeastGroupHeight = 30;  // room for a label and its remark

bool IsMeasured(const BarValue& bar) { return std::isfinite(bar.value) && bar.value >= 0; }

bool HasInterval(const BarValue& bar) {
  return bar.interval && std::isfinite(bar.interval->low) && std::isfinite(bar.interval->high);
}

class Bars {
 public:
  explicit Bars(const IntervalBars& chart) : chart_(chart) {}

  std::string Render() && {
    if (!AnyMeasured()) return NoDataChart(chart_.title, "no group has a value");
    const bool keys = chart_.systems.size() > 1;
    const double top = kHeadingHeight + (keys ? KeysHeight() : 6);
    const PlotArea area = {kPlotLeft, top, kPlotRight, top + GroupsHeight()};
    SvgWriter svg(kChartWidth, area.bottom + 48, chart_.title, Description());
    DrawHeading(svg, chart_.title, chart_.subtitle);
    if (keys) DrawKeys(svg);
    const AxisScale x = AxisScale::Linear({0, FullScale()}, {area.left, area.right});
    DrawXAxis(svg, area, x,
              {.label = chart_.value_label,
               .unit = chart_.percent ? " %" : "",
               .unit_factor = chart_.percent ? 100.0 : 1.0});
    double y = top + kGroupGap / 2;
    for (const BarGroup& group : chart_.groups) {
      DrawGroup(svg, group, x, y);
      y += GroupHeight() + kGroupGap;
    }
    return std::move(svg).Finish();
  }

 private:
  [[nodiscard]] bool AnyMeasured() const {
    return std::any_of(chart_.groups.begin(), chart_.groups.end(), [](const BarGroup& group) {
      return std::any_of(group.values.begin(), group.values.end(), IsMeasured);
    });
  }

  [[nodiscard]] double FullScale() const {
    if (chart_.full_scale > 0) return chart_.full_scale;
    double highest = 0;
    for (const BarGroup& group : chart_.groups) {
      for (const BarValue& bar : group.values) {
        if (IsMeasured(bar)) highest = std::max(highest, bar.value);
        if (HasInterval(bar)) highest = std::max(highest, bar.interval->high);
      }
    }
    if (chart_.percent) return std::min(1.0, std::max(highest * 1.05, 0.01));
    return highest > 0 ? highest * 1.05 : 1;
  }

  [[nodiscard]] double BarsHeight() const {
    return kBarHeight * static_cast<double>(chart_.systems.size());
  }
  [[nodiscard]] double GroupHeight() const { return std::max(BarsHeight(), kLeastGroupHeight); }
  [[nodiscard]] double GroupsHeight() const {
    return (GroupHeight() + kGroupGap) * static_cast<double>(chart_.groups.size());
  }

  static constexpr double kKeyWidth = 344;
  static constexpr size_t kKeysInARow = 2;
  [[nodiscard]] double KeysHeight() const {
    return 20 * std::ceil(static_cast<double>(chart_.systems.size()) / kKeysInARow) + 10;
  }
  void DrawKeys(SvgWriter& svg) const {
    for (size_t i = 0; i < chart_.systems.size(); ++i) {
      const double x = kLabelsLeft + kKeyWidth * static_cast<double>(i % kKeysInARow);
      const double y = kHeadingHeight + 6 + 20 * std::floor(static_cast<double>(i) / kKeysInARow);
      const SeriesStyle style = StyleOfSeries(i);
      DrawBar(svg, style, x, y - kBarHeight / 2 + 2, 24);
      DrawMarker(svg, style, x + 24, y + 2);
      svg.Text(x + 36, y + 6, FitText(chart_.systems[i], kKeyWidth - 40));
    }
  }

  static void DrawBar(SvgWriter& svg, const SeriesStyle& style, double x, double y, double width,
                      std::string_view tooltip = {}) {
    svg.Leaf("rect",
             {{"class", style.css_class + " area"},
              {"x", x},
              {"y", y + 2},
              {"width", width},
              {"height", kBarHeight - 4},
              {"fill", style.color},
              {"fill-opacity", 0.28}},
             tooltip);
  }

  [[nodiscard]] std::string Number(double value) const {
    return chart_.percent ? FormatFixed(value * 100, 1) : NumberLabel(std::round(value * 10) / 10);
  }
  [[nodiscard]] std::string ValueText(const BarValue& bar) const {
    if (!IsMeasured(bar)) return "no data";
    std::string text = Number(bar.value);
    if (HasInterval(bar)) {
      text += Concat({" [", Number(bar.interval->low), "–", Number(bar.interval->high), "]"});
    }
    return text;
  }

  void DrawGroup(SvgWriter& svg, const BarGroup& group, const AxisScale& x, double y) const {
    const double middle = y + GroupHeight() / 2;
    svg.Text(kLabelsLeft, middle + (group.remark.empty() ? 4 : -2),
             FitText(group.label, kPlotLeft - kLabelsLeft - 8));
    if (!group.remark.empty()) {
      svg.Text(kLabelsLeft, middle + 12, group.remark,
               {{"class", "soft"}, {"fill", kSoft}, {"font-size", kSmallSize}});
    }
    double top = middle - BarsHeight() / 2;
    for (size_t i = 0; i < chart_.systems.size(); ++i) {
      DrawValue(svg, i, i < group.values.size() ? group.values[i] : BarValue(), group, x, top);
      top += kBarHeight;
    }
  }

  void DrawValue(SvgWriter& svg, size_t system, const BarValue& bar, const BarGroup& group,
                 const AxisScale& x, double top) const {
    const std::string text = ValueText(bar);
    svg.Text(kNumbersRight, top + kBarHeight / 2 + 4, text,
             {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "end"}, {"font-size", 10.0}});
    if (!IsMeasured(bar)) return;
    const SeriesStyle style = StyleOfSeries(system);
    const std::string tooltip = Concat({chart_.systems[system], ", ", group.label, ": ", text});
    const double middle = top + kBarHeight / 2;
    DrawBar(svg, style, x.At(0), top, x.At(bar.value) - x.At(0), tooltip);
    if (HasInterval(bar)) {
      const double low = x.At(bar.interval->low);
      const double high = x.At(bar.interval->high);
      std::string path;
      for (const auto& [from_x, from_y, command, to] :
           {std::tuple{low, middle, "H", high}, std::tuple{low, middle - 3, "V", middle + 3},
            std::tuple{high, middle - 3, "V", middle + 3}}) {
        path += Concat({"M", SvgNumber(from_x), " ", SvgNumber(from_y), command, SvgNumber(to)});
      }
      svg.Leaf("path", {{"class", "axis whisker"},
                        {"d", path},
                        {"fill", "none"},
                        {"stroke", kInk},
                        {"stroke-width", 1.1}});
    }
    DrawMarker(svg, style, x.At(bar.value), middle, 4.5, tooltip);
  }

  [[nodiscard]] std::string Description() const {
    std::string text = chart_.subtitle;
    text += '.';
    for (const BarGroup& group : chart_.groups) {
      text += Concat({" ", group.label, ":"});
      for (size_t i = 0; i < chart_.systems.size(); ++i) {
        const BarValue bar = i < group.values.size() ? group.values[i] : BarValue();
        text += Concat({i > 0 ? ", " : " ", chart_.systems[i], " ", ValueText(bar)});
      }
      text += '.';
    }
    return text;
  }

  const IntervalBars& chart_;
};

}  // namespace

std::string IntervalBarsSvg(const IntervalBars& chart) { return Bars(chart).Render(); }

}  // namespace gre
