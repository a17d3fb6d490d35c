#pragma once

#include <string>

#include "report/bench_report.h"

namespace gre {

// Scores for people: the figures of the report's tables with one column a system, then what became
// of the records, the conventions and what makes the figures doubtful.
std::string ScoreText(const BenchReport& report);

}  // namespace gre
