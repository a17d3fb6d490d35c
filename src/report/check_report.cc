#include "report/check_report.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "report/table.h"

namespace gre {
namespace {

std::string Share(int64_t count, int64_t of) {
  if (of <= 0) return "-";
  return FormatFixed(100 * static_cast<double>(count) / static_cast<double>(of), 1) + " %";
}

Table FindingsTable(const CheckSummary& summary, bool drops) {
  Table table;
  table.title = drops ? "Dropped" : "Flagged, kept";
  table.columns = {{.title = "reason", .align = TableAlign::kLeft},
                   {.title = "found by", .align = TableAlign::kLeft},
                   {.title = "photos"},
                   {.title = "share"}};
  for (const PhotoTable::FindingCount& count : summary.findings) {
    if (count.drops != drops) continue;
    table.rows.push_back({count.reason, count.stage, std::to_string(count.photos),
                          Share(count.photos, summary.photos)});
  }
  return table;
}

}  // namespace

std::string CheckText(const CheckSummary& summary) {
  std::string text = Concat(
      {std::to_string(summary.photos), " photos, ", std::to_string(summary.looked_at),
       " looked at now, ", std::to_string(summary.without_picture), " without a picture\n",
       std::to_string(summary.photos - summary.dropped), " kept, ", std::to_string(summary.dropped),
       " dropped (a photo may have several reasons); ", std::to_string(summary.duplicate_groups),
       " groups of duplicates\n", "faces: ", summary.faces, "\n"});
  for (const BenchmarkPhotos::File& file : summary.benchmarks) {
    text += Concat({"benchmark ", file.path, ": ", std::to_string(file.records), " records, ",
                    std::to_string(file.points), " with coordinates, ", std::to_string(file.photos),
                    " with a photo or its hash, ", std::to_string(file.photos_missing),
                    " photos not found\n"});
  }
  for (const bool drops : {true, false}) {
    const Table table = FindingsTable(summary, drops);
    if (!table.rows.empty()) (text += '\n') += FormatTableText(table);
  }
  return text;
}

std::string CheckJson(const CheckSummary& summary) {
  using OrderedJson = nlohmann::ordered_json;
  OrderedJson json = {{"schema", "gre.dataset_check/1"},
                      {"photos", summary.photos},
                      {"looked_at", summary.looked_at},
                      {"without_picture", summary.without_picture},
                      {"kept", summary.photos - summary.dropped},
                      {"dropped", summary.dropped},
                      {"duplicate_groups", summary.duplicate_groups},
                      {"faces", summary.faces}};
  OrderedJson& benchmarks = json["benchmarks"] = OrderedJson::array();
  for (const BenchmarkPhotos::File& file : summary.benchmarks) {
    benchmarks.push_back({{"path", file.path},
                          {"records", file.records},
                          {"points", file.points},
                          {"photos", file.photos},
                          {"photos_missing", file.photos_missing}});
  }
  OrderedJson& findings = json["findings"] = OrderedJson::array();
  for (const PhotoTable::FindingCount& count : summary.findings) {
    findings.push_back({{"stage", count.stage},
                        {"reason", count.reason},
                        {"drops", count.drops},
                        {"photos", count.photos}});
  }
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
