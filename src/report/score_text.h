#pragma once

#include <string>

#include "report/bench_report.h"

namespace gre {

// Scores for people: the figures of the report's tables with one column a system, what became of
// the records, the first 20 of each system without a usable answer, and the caveats.
std::string ScoreText(const BenchReport& report);

// What makes the figures doubtful, how they were made, and what papers published beside them.
std::string CaveatsText(const BenchReport& report);

}  // namespace gre
