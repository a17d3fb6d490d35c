#pragma once

#include <string>
#include <vector>

#include "dataset/statistics/statistics.h"
#include "report/bench_report.h"
#include "report/map_drawing.h"
#include "report/table.h"

namespace gre {

// What `gre dataset stats` tells. Pure; all text from the data is escaped.

// The figures as tables, in the order of the page; those without rows are left out.
struct DatasetTables {
  Table parts, judge, origins, findings, teachers, chains, languages, spending, runs;
};
// Bands of Judge by rising distance, those from a point before those from a country.
struct NearBandsFirst {
  bool operator()(const std::string& a, const std::string& b) const;
};
// The teacher, and what it was asked for where that is not a chain for CoT.
std::string TeacherTitle(const TeacherStatistics& teacher);

DatasetTables TablesOf(const DatasetStatistics& statistics);

// density, countries, findings, distances, judge_bands, indicators, families, characters, steps.
std::vector<NamedChart> DatasetCharts(const DatasetStatistics& statistics, const WorldLines& world);

// One self-contained page that loads and runs nothing.
std::string FormatDatasetHtml(const DatasetStatistics& statistics, const WorldLines& world,
                              const std::string& version);
std::string FormatDatasetMarkdown(const DatasetStatistics& statistics);
// The same for programs, "gre.dataset-stats/1".
std::string FormatDatasetJson(const DatasetStatistics& statistics, int indent = -1);

}  // namespace gre
