#include "report/dataset_page.h"

#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/strings.h"
#include "report/charts/axis_scale.h"
#include "report/html_document.h"
#include "report/text_escape.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string Number(int64_t value) { return NumberLabel(static_cast<double>(value)); }

std::string Title(const DatasetStatistics& statistics) {
  const std::string name =
      std::filesystem::path(statistics.folder).lexically_normal().filename().string();
  return "Dataset: " + (name.empty() ? statistics.folder : name);
}

int64_t Records(const DatasetStatistics& statistics, DataPart part) {
  int64_t records = 0;
  for (const EntryCount& count : statistics.entries) {
    if (count.part == part && !count.dropped) records += count.records;
  }
  return records;
}

int64_t Replies(const DatasetStatistics& statistics) {
  int64_t replies = 0;
  for (const TeacherStatistics& teacher : statistics.teachers) replies += teacher.replies;
  return replies;
}

class DatasetPage {
 public:
  DatasetPage(const DatasetStatistics& statistics, const WorldLines& world)
      : statistics_(statistics),
        tables_(TablesOf(statistics)),
        charts_(DatasetCharts(statistics, world)) {}

  std::string Render(const std::string& version) && {
    const std::string title = Title(statistics_);
    out_ = HtmlHead(title, /*with_script=*/false);
    out_ +=
        Concat({"<header>\n<h1>", EscapeMarkup(PlainLine(title)), "</h1>\n<p>",
                Number(statistics_.photos), " photos</p>\n</header>\n<main class=\"bench\">\n"});
    Tiles();
    Section("Where");
    out_ += "<div class=\"wide\">\n";
    Chart("density");
    out_ += "</div>\n";
    Chart("countries");
    Chart("findings");
    EndSection();
    Section("The finished data");
    Put(tables_.parts);
    if (!tables_.judge.rows.empty()) {
      Put(tables_.judge);
      Chart("judge_bands");
    }
    EndSection();
    Section("Teachers");
    Put(tables_.teachers);
    Chart("distances");
    Put(tables_.spending);
    EndSection();
    Section("Chains");
    Chart("indicators");
    Chart("families");
    Chart("characters");
    Chart("steps");
    Chart("tokens");
    Put(tables_.chains);
    Put(tables_.languages);
    EndSection();
    Section("Origin, and what was found");
    Put(tables_.origins);
    Put(tables_.findings);
    EndSection();
    Section("How it was made");
    Put(tables_.runs);
    EndSection();
    out_ +=
        Concat({"</main>\n<footer>\n<p>Made with gre ", EscapeMarkup(version),
                "; map: Natural Earth. GREval-Bench's shares: arXiv 2505.18700.</p>\n</footer>\n"
                "</body>\n</html>\n"});
    return std::move(out_);
  }

 private:
  void Section(std::string_view title) {
    out_ += Concat({"<section class=\"panel\">\n<h2>", EscapeMarkup(title), "</h2>\n"});
  }
  void EndSection() { out_ += "</section>\n"; }

  void Put(const Table& table) {
    if (table.rows.empty()) return;
    out_ += Concat({"<div class=\"scroll\">\n", FormatTableHtml(table), "</div>\n"});
  }

  void Chart(std::string_view name) {
    for (const NamedChart& chart : charts_) {
      if (chart.name == name) out_ += chart.svg;
    }
  }
  void Tiles() {
    out_ += "<dl class=\"tiles\">\n";
    const auto tile = [&](std::string_view title, const std::string& value,
                          std::string_view remark) {
      out_ += Concat({"<div><dt>", title, "</dt><dd>", EscapeMarkup(value), "</dd><dd>",
                      EscapeMarkup(remark), "</dd></div>\n"});
    };
    tile("photos that take part", Number(statistics_.photos - statistics_.dropped),
         Concat({Number(statistics_.dropped), " dropped"}));
    tile("countries", Number(static_cast<int64_t>(statistics_.density.countries.size())),
         Concat({Number(statistics_.with_point), " photos with a point, ",
                 Number(statistics_.with_country), " without"}));
    tile("replies", Number(Replies(statistics_)),
         Concat({std::to_string(statistics_.teachers.size()),
                 statistics_.teachers.size() == 1 ? " teacher" : " teachers"}));
    tile("CoT", Number(Records(statistics_, DataPart::kCot)), "chains with answers");
    tile("Judge", Number(Records(statistics_, DataPart::kJudge)), "answers, True or False");
    tile("Seed", Number(Records(statistics_, DataPart::kSeed)), "photos with their truth");
    out_ += "</dl>\n";
  }

  const DatasetStatistics& statistics_;
  DatasetTables tables_;
  std::vector<NamedChart> charts_;
  std::string out_;
};

OrderedJson HistogramJson(const ValueHistogram& histogram) {
  OrderedJson json = {{"total", histogram.total()}};
  for (const auto& [name, share] :
       {std::pair("p10", 0.1), std::pair("p50", 0.5), std::pair("p90", 0.9)}) {
    json[name] = histogram.total() > 0 ? OrderedJson(histogram.Quantile(share)) : OrderedJson();
  }
  json["bins"] = OrderedJson::array();
  for (size_t bin = 0; bin < histogram.counts().size(); ++bin) {
    if (histogram.counts()[bin] == 0) continue;
    json["bins"].push_back({histogram.Edge(bin), histogram.Edge(bin + 1), histogram.counts()[bin]});
  }
  return json;
}

OrderedJson TeacherJson(const TeacherStatistics& teacher) {
  OrderedJson json = {{"teacher", teacher.teacher}, {"purpose", teacher.purpose},
                      {"replies", teacher.replies}, {"unparsed", teacher.unparsed},
                      {"refused", teacher.refused}, {"with_distance", teacher.with_distance}};
  json["within_km"] = OrderedJson::object();
  for (size_t i = 0; i < teacher.within.size(); ++i) {
    json["within_km"][FormatShortest(TeacherStatistics::kThresholdsKm[i])] = teacher.within[i];
  }
  json["inside_country"] = teacher.inside_country;
  json["outside_country"] = teacher.outside_country;
  json["contradict_answer"] = teacher.against_answer;
  json["contradict_truth"] = teacher.against_truth;
  json["distance_km"] = HistogramJson(teacher.distance_km);
  json["characters"] = HistogramJson(teacher.characters);
  json["steps"] = HistogramJson(teacher.steps);
  json["completion_tokens"] = HistogramJson(teacher.tokens);
  return json;
}

OrderedJson ChainsJson(const ChainStatistics& chains) {
  OrderedJson json = {{"of", chains.of_replies ? "replies" : "cot"},
                      {"chains", chains.chains},
                      {"steps", chains.steps}};
  json["families"] = OrderedJson::object();
  for (const auto& [family, count] : chains.families) {
    json["families"][std::string(FamilyName(family))] = count;
  }
  json["indicators"] = OrderedJson::object();
  for (const auto& [indicator, count] : chains.indicators) {
    json["indicators"][std::string(IndicatorName(indicator))] = count;
  }
  json["languages"] = chains.languages;
  json["scripts"] = chains.scripts;
  json["quoted_scripts"] = chains.quoted_scripts;
  json["characters"] = HistogramJson(chains.characters);
  json["steps_a_chain"] = HistogramJson(chains.step_counts);
  return json;
}

}  // namespace

std::string FormatDatasetHtml(const DatasetStatistics& statistics, const WorldLines& world,
                              const std::string& version) {
  return DatasetPage(statistics, world).Render(version);
}

std::string FormatDatasetMarkdown(const DatasetStatistics& statistics) {
  const DatasetTables tables = TablesOf(statistics);
  std::string text =
      Concat({"# ", EscapeMarkdown(Title(statistics)), "\n\n", Number(statistics.photos),
              " photos, of which ", Number(statistics.dropped), " take no part.\n"});
  for (const Table* table :
       {&tables.parts, &tables.judge, &tables.teachers, &tables.chains, &tables.languages,
        &tables.origins, &tables.findings, &tables.spending, &tables.runs}) {
    if (!table->rows.empty()) text += "\n" + FormatTableMarkdown(*table);
  }
  return text;
}

std::string FormatDatasetJson(const DatasetStatistics& statistics, int indent) {
  OrderedJson json = {{"schema", "gre.dataset-stats/1"},
                      {"folder", statistics.folder},
                      {"photos", statistics.photos},
                      {"dropped", statistics.dropped},
                      {"truth",
                       {{"point", statistics.with_point},
                        {"country", statistics.with_country},
                        {"none", statistics.without_truth}}},
                      {"authors", statistics.authors},
                      {"sampled", statistics.sampled},
                      {"files", statistics.presence},
                      {"sources", statistics.sources},
                      {"licences", statistics.licences},
                      {"kinds", statistics.kinds},
                      {"countries", statistics.density.countries}};
  json["findings"] = OrderedJson::array();
  for (const PhotoTable::FindingCount& finding : statistics.findings) {
    json["findings"].push_back({{"stage", finding.stage},
                                {"reason", finding.reason},
                                {"drops", finding.drops},
                                {"photos", finding.photos}});
  }
  json["records"] = OrderedJson::array();
  for (const EntryCount& count : statistics.entries) {
    json["records"].push_back(
        {{"part", DataPartName(count.part)},
         {"split", count.split},
         {"label", count.label < 0 ? OrderedJson() : OrderedJson(count.label == 1)},
         {"band", count.band},
         {"hard", count.hard},
         {"reviewed", count.reviewed},
         {"dropped", count.dropped},
         {"records", count.records}});
  }
  json["teachers"] = OrderedJson::array();
  for (const TeacherStatistics& teacher : statistics.teachers) {
    json["teachers"].push_back(TeacherJson(teacher));
  }
  json["chains"] = ChainsJson(statistics.chains);
  const Spending& spent = statistics.spending;
  json["spending"] = {{"requests", spent.requests},
                      {"lost", spent.lost},
                      {"in_flight", spent.in_flight},
                      {"prompt_tokens", spent.prompt_tokens},
                      {"completion_tokens", spent.completion_tokens},
                      {"cost", spent.cost}};
  json["facts"] = statistics.facts;
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
