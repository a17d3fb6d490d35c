#pragma once

#include <string>
#include <vector>

#include "report/bench_report.h"
#include "report/html_page.h"
#include "report/map_drawing.h"
#include "report/table.h"
#include "report/training_log.h"

namespace gre {

// What `gre train report` tells of a run. Pure; all text from the logs is escaped.

// What a figure was at the beginning, at the end (means of a tenth of its updates, at least one)
// and at its extremes.
struct TrainingFigure {
  std::string name;
  double first = 0, last = 0, least = 0, most = 0;
};
std::vector<TrainingFigure> TrainingFigures(const TrainingLog& log);

// Figures, and alarms in order, for a terminal.
Table TrainingFiguresTable(const TrainingLog& log);
Table TrainingAlarmsTable(const TrainingLog& log);

// Every series of the log is on one of them; those that belong together share one.
std::vector<NamedChart> TrainingCharts(const TrainingLog& log);

struct TrainingPageOptions {
  std::string name;   // of the run
  PhotoSource photo;  // asked with a rollout's photo as the file; none: no pictures
  WorldLines world;
  size_t most_rollouts = 6;  // groups of completions that are shown, evenly over the run
  std::string version;       // of the program
};
// One self-contained page that loads and runs nothing (Content-Security-Policy with hashes).
std::string FormatTrainingHtml(const TrainingLog& log, const TrainingPageOptions& options);

// The same for programs, "gre.training-report/1".
std::string FormatTrainingJson(const TrainingLog& log, int indent = -1);

}  // namespace gre
