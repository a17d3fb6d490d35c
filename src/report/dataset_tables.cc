#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "core/strings.h"
#include "report/charts/axis_scale.h"
#include "report/dataset_page.h"

namespace gre {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TableCell Count(int64_t value) {
  return TableFigure{.value = static_cast<double>(value), .decimals = 0};
}

TableCell Share(int64_t part, int64_t whole, int decimals = 1) {
  return TableFigure{
      .value = whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : kNone,
      .decimals = decimals};
}

TableCell Median(const ValueHistogram& histogram) {
  const double median = histogram.Quantile(0.5);
  return TableFigure{.value = median, .decimals = median < 10 ? 1 : 0};
}

using Counts = std::map<std::string, int64_t>;

std::vector<std::pair<std::string, int64_t>> Largest(const Counts& counts) {
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

std::string PartTitle(DataPart part) {
  return part == DataPart::kCot ? "CoT" : part == DataPart::kJudge ? "Judge" : "Seed";
}

Table PartsTable(const DatasetStatistics& statistics) {
  Table table;
  table.title = "Finished records";
  table.columns = {{"part", TableAlign::kLeft}, {"train"}, {"dev"}, {"test"}, {"all"}, {"reviewed"},
                   {"dropped by reviewers"}};
  for (const DataPart part : {DataPart::kCot, DataPart::kJudge, DataPart::kSeed}) {
    std::map<std::string, int64_t> splits;
    int64_t all = 0;
    int64_t reviewed = 0;
    int64_t dropped = 0;
    for (const EntryCount& count : statistics.entries) {
      if (count.part != part) continue;
      if (count.dropped) {
        dropped += count.records;
        continue;
      }
      splits[count.split] += count.records;
      all += count.records;
      if (count.reviewed != "none") reviewed += count.records;
    }
    if (all + dropped == 0) continue;
    table.rows.push_back({PartTitle(part), Count(splits["train"]), Count(splits["dev"]),
                          Count(splits["test"]), Count(all), Count(reviewed), Count(dropped)});
  }
  for (const auto& [key, title] : {std::pair("theta.filter_km", "theta of the filter"),
                                   std::pair("theta.judge_km", "theta of Judge"),
                                   std::pair("theta.reward_km", "theta of the reward")}) {
    const auto fact = statistics.facts.find(key);
    table.notes.push_back(
        Concat({title, ": ", fact == statistics.facts.end() ? "not set" : fact->second + " km"}));
  }
  return table;
}

Table JudgeTable(const DatasetStatistics& statistics) {
  std::map<std::string, std::array<int64_t, 3>, NearBandsFirst> bands;  // False, True, hard
  for (const EntryCount& count : statistics.entries) {
    if (count.part != DataPart::kJudge || count.dropped || count.label < 0) continue;
    auto& band = bands[count.band];
    band[count.label == 1 ? 1 : 0] += count.records;
    if (count.hard) band[2] += count.records;
  }
  Table table;
  table.title = "Judge by the distance of the answer";
  table.columns = {{"band", TableAlign::kLeft}, {"True"}, {"False"}, {"hard"}};
  for (const auto& [band, counts] : bands) {
    table.rows.push_back({band.empty() ? std::string("none") : band, Count(counts[1]),
                          Count(counts[0]), Count(counts[2])});
  }
  return table;
}

Table OriginsTable(const DatasetStatistics& statistics) {
  Table table;
  table.title = "Where the photos are from";
  table.columns = {{"", TableAlign::kLeft}, {"value", TableAlign::kLeft}, {"photos"}, {"%"}};
  for (const auto& [title, counts] :
       {std::pair("source", &statistics.sources), std::pair("licence", &statistics.licences),
        std::pair("kind", &statistics.kinds), std::pair("file", &statistics.presence)}) {
    constexpr size_t kMost = 12;
    size_t shown = 0;
    int64_t rest = 0;
    for (const auto& [value, count] : Largest(*counts)) {
      if (shown++ >= kMost) {
        rest += count;
        continue;
      }
      table.rows.push_back({title, value.empty() ? std::string("not stated") : value, Count(count),
                            Share(count, statistics.photos)});
    }
    if (rest > 0) {
      table.rows.push_back({title, "others", Count(rest), Share(rest, statistics.photos)});
    }
  }
  const auto number = [](int64_t value) { return NumberLabel(static_cast<double>(value)); };
  table.notes.push_back(Concat({"Different authors stated: ", number(statistics.authors), "."}));
  table.notes.push_back(
      Concat({"Truth of the photos that take part: a point for ", number(statistics.with_point),
              ", a country for ", number(statistics.with_country), ", none for ",
              number(statistics.without_truth), "."}));
  return table;
}

Table FindingsTable(const DatasetStatistics& statistics) {
  Table table;
  table.title = "What was found out about the photos";
  table.columns = {{"stage", TableAlign::kLeft},
                   {"reason", TableAlign::kLeft},
                   {"dropped"},
                   {"only flagged"},
                   {"% of all"}};
  for (const PhotoTable::FindingCount& finding : statistics.findings) {
    table.rows.push_back({finding.stage, finding.reason, Count(finding.drops ? finding.photos : 0),
                          Count(finding.drops ? 0 : finding.photos),
                          Share(finding.photos, statistics.photos)});
  }
  if (!table.rows.empty()) table.notes.push_back("A photo can have several reasons.");
  return table;
}

Table TeachersTable(const DatasetStatistics& statistics) {
  Table table;
  table.title = "Teachers' replies";
  table.columns = {{"teacher", TableAlign::kLeft}, {"replies"}, {"unparsed %"}, {"refused %"}};
  for (const double km : TeacherStatistics::kThresholdsKm) {
    table.columns.push_back({NumberLabel(km) + " km %"});
  }
  for (const char* title :
       {"median km", "in the country %", "against itself %", "against the truth %"}) {
    table.columns.push_back({title});
  }
  for (const TeacherStatistics& teacher : statistics.teachers) {
    const int64_t read = teacher.replies - teacher.unparsed - teacher.refused;
    std::vector<TableCell> row = {TeacherTitle(teacher), Count(teacher.replies),
                                  Share(teacher.unparsed, teacher.replies),
                                  Share(teacher.refused, teacher.replies)};
    for (const int64_t within : teacher.within) row.push_back(Share(within, teacher.with_distance));
    row.push_back(Median(teacher.distance_km));
    row.push_back(Share(teacher.inside_country, teacher.inside_country + teacher.outside_country));
    row.push_back(Share(teacher.against_answer, read));
    row.push_back(Share(teacher.against_truth, read));
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) {
    table.notes = {
        "Within a distance: of the replies that were read and whose truth is a point. "
        "Medians are exact to the width of the histogram's bin.",
        "Against itself, against the truth: replies with at least one step that "
        "contradicts its own answer, or the truth."};
  }
  return table;
}

Table ChainsTable(const DatasetStatistics& statistics) {
  const ChainStatistics& chains = statistics.chains;
  Table table;
  table.title = chains.of_replies ? "Chains of all readable replies" : "Chains of CoT";
  table.columns = {{"", TableAlign::kLeft}, {"median"}, {"10 %"}, {"90 %"}};
  if (chains.chains == 0) return table;
  for (const auto& [title, histogram] : {std::pair("characters a chain", &chains.characters),
                                         std::pair("steps a chain", &chains.step_counts)}) {
    std::vector<TableCell> row = {title};
    for (const double share : {0.5, 0.1, 0.9}) {
      row.push_back(TableFigure{.value = std::round(histogram->Quantile(share)), .decimals = 0});
    }
    table.rows.push_back(std::move(row));
  }
  table.notes = {Concat({NumberLabel(static_cast<double>(chains.chains)), " chains, ",
                         NumberLabel(static_cast<double>(chains.steps)), " steps."})};
  return table;
}

Table LanguagesTable(const DatasetStatistics& statistics) {
  const ChainStatistics& chains = statistics.chains;
  Table table;
  table.title = "Languages and scripts of the chains";
  table.columns = {{"", TableAlign::kLeft}, {"value", TableAlign::kLeft}, {"chains"}, {"%"}};
  for (const auto& [title, counts] :
       {std::pair("language", &chains.languages), std::pair("script", &chains.scripts),
        std::pair("quoted script", &chains.quoted_scripts)}) {
    constexpr size_t kMost = 10;
    size_t shown = 0;
    for (const auto& [value, count] : Largest(*counts)) {
      if (shown++ >= kMost) break;
      table.rows.push_back({title, value.empty() ? std::string("not sure") : value, Count(count),
                            Share(count, chains.chains)});
    }
  }
  if (!table.rows.empty()) {
    table.notes = {
        "Language: CLD2's guess from the words of the steps. Quoted script: chains with "
        "words in another script than their own, most often from signs."};
  }
  return table;
}

Table SpendingTable(const DatasetStatistics& statistics) {
  const Spending& spent = statistics.spending;
  Table table;
  table.title = "What asking cost";
  table.columns = {{"requests that left"}, {"lost with their process"}, {"in flight"},
                   {"prompt tokens"},      {"completion tokens"},       {"cost"}};
  if (spent.requests == 0) return table;
  table.rows.push_back({Count(spent.requests), Count(spent.lost), Count(spent.in_flight),
                        Count(spent.prompt_tokens), Count(spent.completion_tokens),
                        TableFigure{.value = spent.cost, .decimals = 2}});
  table.notes = {"Lost requests count at their estimate. Cost in the unit of the price table."};
  return table;
}

Table RunsTable(const DatasetStatistics& statistics) {
  Table table;
  table.title = "What was done";
  table.columns = {{"command", TableAlign::kLeft},
                   {"started", TableAlign::kLeft},
                   {"ended", TableAlign::kLeft},
                   {"software", TableAlign::kLeft}};
  for (const DatasetRun& run : statistics.runs) {
    if (run.command.ends_with("stats")) continue;
    table.rows.push_back({run.command, run.started,
                          run.ended.empty() ? std::string("interrupted") : run.ended,
                          run.software});
  }
  return table;
}

}  // namespace

std::string TeacherTitle(const TeacherStatistics& teacher) {
  return teacher.purpose == "chain" ? teacher.teacher
                                    : Concat({teacher.teacher, ", ", teacher.purpose});
}

bool NearBandsFirst::operator()(const std::string& a, const std::string& b) const {
  // "inside the country", "under 1 km", "1 to 25 km", …, "over 2500 km"
  const auto rank = [](const std::string& band) {
    const size_t digit = band.find_first_of("0123456789");
    if (digit == std::string::npos) return -1.0;
    const std::string_view number =
        std::string_view(band).substr(digit, band.find_first_not_of("0123456789.", digit) - digit);
    const double km = ParseDouble(number).value_or(0);
    return band.starts_with("under") ? 0.0 : band.starts_with("over") ? km + 0.5 : km;
  };
  const bool from_country_a = a.ends_with("country");
  const bool from_country_b = b.ends_with("country");
  return std::tuple(from_country_a, rank(a), a) < std::tuple(from_country_b, rank(b), b);
}

DatasetTables TablesOf(const DatasetStatistics& statistics) {
  return {.parts = PartsTable(statistics),
          .judge = JudgeTable(statistics),
          .origins = OriginsTable(statistics),
          .findings = FindingsTable(statistics),
          .teachers = TeachersTable(statistics),
          .chains = ChainsTable(statistics),
          .languages = LanguagesTable(statistics),
          .spending = SpendingTable(statistics),
          .runs = RunsTable(statistics)};
}

}  // namespace gre
