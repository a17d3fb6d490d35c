#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "metrics/interval.h"

namespace gre {

struct BarValue {
  double value = std::numeric_limits<double>::quiet_NaN();  // NaN: not measured, said so
  std::optional<Interval> interval;                         // drawn as a whisker
};

struct BarGroup {
  std::string label;             // "urban"
  std::string remark;            // below it in small letters: "n = 35"
  std::vector<BarValue> values;  // one a system
};

// One figure of several systems, group by group, as horizontal bars with their intervals.
struct IntervalBars {
  std::string title;
  std::string subtitle;  // "share within 25 km, 95 % intervals"
  std::vector<std::string> systems;
  std::vector<BarGroup> groups;  // in the order shown
  std::string value_label;       // of the axis
  bool percent = false;          // values are shares, shown times 100
  double full_scale = 0;         // the axis ends here; 0: as far as values and intervals go
};

// Bars start at 0, and so does the axis; negative values are not for this chart and are treated as
// not measured. Each bar's number stands at its right.
std::string IntervalBarsSvg(const IntervalBars& chart);

}  // namespace gre
