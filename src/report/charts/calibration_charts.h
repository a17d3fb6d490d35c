#pragma once

#include <string>
#include <vector>

#include "metrics/calibration.h"

namespace gre {

// Whether stated confidences can be trusted, and what abstaining would buy.

struct ReliabilityPanel {
  std::string name;                  // of the system
  std::vector<ReliabilityBin> bins;  // empty bins may be among them
  double expected_calibration_error = 0;
};

// One panel a system, two in a row: share of right answers against the stated confidence, bin by
// bin (whiskers: 95 % Wilson intervals), the diagonal of perfect calibration, and below it how many
// answers fall into each bin.
struct ReliabilityChart {
  std::string title = "Reliability of the stated confidence";
  std::string subtitle;  // what "right" means: "right = the answer's country is right"
  std::vector<ReliabilityPanel> panels;
};
std::string ReliabilitySvg(const ReliabilityChart& chart);

struct RiskCoverageCurve {
  std::string name;
  RiskCoverage data;
};

// The share of wrong answers among the most confident ones, as more and more are answered.
struct RiskCoverageChart {
  std::string title = "Risk and coverage";
  std::string subtitle;
  std::vector<RiskCoverageCurve> curves;
};
// The area under each curve stands in its label.
std::string RiskCoverageSvg(const RiskCoverageChart& chart);

}  // namespace gre
