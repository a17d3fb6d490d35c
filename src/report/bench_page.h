#pragma once

#include <string>
#include <vector>

#include "report/bench_report.h"
#include "report/html_page.h"

namespace gre {

struct BenchPageOptions {
  PhotoSource photo;      // asked with the truth's image, else its id, as the file; may be empty
  size_t cases_each = 3;  // worst and best answers of each system that are shown
  size_t most_failures = 50;  // listed of each system; the page says how many more there are
};

// One self-contained page: figures with intervals, conventions, charts, the worst and best answers
// with photo, chain and map, and every kind of failure. It loads nothing and runs nothing
// (Content-Security-Policy with hashes). All text from files is escaped.
std::string FormatBenchHtml(const BenchReport& report, const BenchPageOptions& options);

// The same figures as Markdown.
std::string FormatBenchMarkdown(const BenchReport& report);

// A file of a report that is a folder.
struct ReportFile {
  std::string name;  // relative: "charts/distance_cdf.svg"
  std::string content;
};

// report.html, report.md, each table as .tex and .csv under tables/, every record in records.csv,
// each chart as .svg under charts/. Names are unique.
std::vector<ReportFile> BenchReportFiles(const BenchReport& report,
                                         const BenchPageOptions& options);

}  // namespace gre
