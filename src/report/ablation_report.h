#pragma once

#include <string>

#include "experiment/ablation.h"

namespace gre {

// What the ablation showed, as tables in Markdown: photos, greedy and sampled answers, differences
// with paired intervals, verdicts, calibration, times.
std::string FormatAblationMarkdown(const AblationReport& report);
// The same figures, "gre.ablation/1".
std::string FormatAblationJson(const AblationReport& report);

}  // namespace gre
