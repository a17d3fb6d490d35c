#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gre {

struct HistogramPanel {
  std::string name;
  std::string remark;           // below it in small letters: "n = 1,200"
  std::vector<int64_t> counts;  // one a bin; the same number in all panels
};

// Distributions of one quantity under each other on one axis, each as shares of its own total.
struct HistogramPanels {
  std::string title;
  std::string subtitle;
  std::string value_label;             // of the axis
  std::vector<double> edges;           // of the bins: one more than counts, rising
  bool log = false;                    // edges > 0
  std::vector<double> marks;           // values with a line across all panels: thresholds
  std::string mark_unit;               // " km"
  std::vector<HistogramPanel> panels;  // those without counts are left out
};

// Bars from the axis up; all panels share one scale. Runs of empty bins at both ends are cut off.
std::string HistogramPanelsSvg(const HistogramPanels& chart);

}  // namespace gre
