#include "report/bench_page.h"

#include <algorithm>
#include <cmath>

#include "core/strings.h"
#include "knowledge/place_namer.h"
#include "reasoning/chain.h"
#include "report/bench_groups.h"
#include "report/html_document.h"
#include "report/published_table.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

constexpr int kCasePictureSide = 560;  // pixels

class BenchPage {
 public:
  BenchPage(const BenchReport& report, const BenchPageOptions& options)
      : report_(report), options_(options), charts_(ReportCharts(report)) {}

  std::string Render() && {
    const std::string title = BenchTitle();
    out_ = HtmlHead(title, /*with_script=*/false);
    out_ += Concat({"<header>\n<h1>", EscapeMarkup(title), "</h1>\n<p>",
                    std::to_string(report_.truth.size()), " photos, ",
                    std::to_string(report_.systems.size()),
                    report_.systems.size() == 1 ? " system" : " systems", "</p>\n</header>\n"});
    out_ += "<main class=\"bench\">\n";
    Section("Scores");
    Put(HeadlineTable(report_));
    Put(PercentilesTable(report_));
    Put(PlacesTable(report_));
    if (const Table table = WarningsTable(report_); !table.rows.empty()) Put(table);
    Chart("distance_cdf");
    EndSection();
    Section("Conventions");
    Put(ConventionsTable(report_));
    if (report_.published != nullptr) Put(PublishedTable(*report_.published));
    EndSection();
    Section("Where answers went");
    Charts("error_map_");
    EndSection();
    Section("By kind of photo and place");
    Charts("groups_");
    EndSection();
    Section("Countries");
    Charts("countries_");
    EndSection();
    Section("Confidence");
    if (const Table table = CalibrationTable(report_); !table.rows.empty()) Put(table);
    Chart("reliability");
    Chart("risk_coverage");
    EndSection();
    for (const ReportedSystem& system : report_.systems) Cases(system);
    Failures();
    out_ += Concat({"</main>\n<footer>\n<p>Made with gre ", EscapeMarkup(report_.version),
                    "; map: Natural Earth.</p>\n</footer>\n</body>\n</html>\n"});
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string BenchTitle() const {
    const std::string& source = report_.truth_source;
    return "Benchmark: " + source.substr(source.find_last_of('/') + 1);
  }

  void Section(std::string_view title) {
    out_ += Concat({"<section class=\"panel\">\n<h2>", EscapeMarkup(title), "</h2>\n"});
  }
  void EndSection() { out_ += "</section>\n"; }

  void Put(const Table& table) {
    out_ += Concat({"<div class=\"scroll\">\n", FormatTableHtml(table), "</div>\n"});
  }

  void Chart(std::string_view name) {
    for (const NamedChart& chart : charts_) {
      if (chart.name == name) out_ += chart.svg;
    }
  }

  // All whose names begin so, two beside each other where the page is wide.
  void Charts(std::string_view prefix) {
    out_ += "<div class=\"charts\">\n";
    for (const NamedChart& chart : charts_) {
      if (chart.name.starts_with(prefix)) out_ += chart.svg;
    }
    out_ += "</div>\n";
  }

  void Cases(const ReportedSystem& system) {
    const ReportCases cases = PickCases(report_, system, options_.cases_each);
    Section(Concat({"Worst and best answers of ", system.name}));
    if (cases.worst.empty()) out_ += "<p>No answer has a distance.</p>\n";
    for (const auto& [title, list] :
         {std::pair("Worst", &cases.worst), std::pair("Best", &cases.best)}) {
      if (list->empty()) continue;
      out_ += Concat({"<h3>", title, "</h3>\n<div class=\"gallery\">\n"});
      for (const ReportCase& each : *list) Case(system, each);
      out_ += "</div>\n";
    }
    EndSection();
  }

  void Case(const ReportedSystem& system, const ReportCase& each) {
    const TruthRecord& truth = report_.truth[each.truth];
    const Prediction& prediction = system.predictions[each.prediction];
    out_ += "<article>\n";
    if (options_.photo) {
      LocateResult asked;
      asked.file = truth.image.empty() ? truth.id : truth.image;
      out_ +=
          Concat({"<figure>", PictureHtml(options_.photo(asked, kCasePictureSide)), "</figure>\n"});
    }
    out_ += CaseMapSvg(each.line, report_.world);
    out_ += Concat({"<div class=\"body\">\n<h4>", EscapeMarkup(DistanceText(each.line.distance_km)),
                    " away</h4>\n<p class=\"coordinates\">", EscapeMarkup(PlainLine(truth.id)),
                    "</p>\n<dl>\n"});
    Place("Truth", each.line.truth, CountryName(TruthCountryCode(truth)));
    Place("Answer", each.line.answer, CountryName(CountryCodeAt(each.line.answer)));
    if (!std::isnan(prediction.confidence)) {
      Entry("Confidence", PercentText(prediction.confidence) + " for the country");
    }
    if (!std::isnan(prediction.radius_p90_km)) {
      Entry("Radius", DistanceText(prediction.radius_p90_km) + " (90 %)");
    }
    out_ += "</dl>\n";
    if (!prediction.text.empty()) {
      const Chain chain = ParseChain(prediction.text);
      out_ += "<details><summary>Reasoning</summary>\n";
      out_ += chain.empty() ? Concat({"<pre>", EscapeMarkup(prediction.text), "</pre>\n"})
                            : ChainHtml(chain);
      out_ += "</details>\n";
    }
    out_ += "</div>\n</article>\n";
  }

  void Entry(std::string_view name, std::string_view value) {
    out_ += Concat({"<dt>", name, "</dt><dd>", EscapeMarkup(value), "</dd>\n"});
  }
  void Place(std::string_view name, const LatLng& point, const std::string& country) {
    Entry(name, Concat({CoordinatesText(point), country.empty() ? "" : ", ", country}));
  }

  void Failures() {
    Section("Records without a usable answer");
    Put(OutcomesTable(report_));
    for (const ReportedSystem& system : report_.systems) {
      Table table = FailuresTable(report_, system);
      if (table.rows.empty() && system.remarks.empty()) continue;
      const size_t all = table.rows.size();
      if (all > options_.most_failures) {
        table.rows.erase(table.rows.begin() + static_cast<ptrdiff_t>(options_.most_failures),
                         table.rows.end());
        table.notes.push_back(
            Concat({"The first ", std::to_string(options_.most_failures), " of ",
                    std::to_string(all), "; a report written to a folder lists all."}));
      }
      out_ += Concat({"<details><summary>", EscapeMarkup(system.name), ": ", std::to_string(all),
                      "</summary>\n"});
      table.title.clear();
      if (all > 0) Put(table);
      if (!system.remarks.empty()) {
        out_ += "<ul class=\"remarks\">\n";
        for (const std::string& remark : system.remarks) {
          out_ += Concat({"<li>", EscapeMarkup(remark), "</li>\n"});
        }
        out_ += "</ul>\n";
      }
      out_ += "</details>\n";
    }
    EndSection();
  }

  const BenchReport& report_;
  const BenchPageOptions& options_;
  std::vector<NamedChart> charts_;
  std::string out_;
};

}  // namespace

std::string FormatBenchHtml(const BenchReport& report, const BenchPageOptions& options) {
  return BenchPage(report, options).Render();
}

}  // namespace gre
