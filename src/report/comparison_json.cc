#include <cmath>

#include <nlohmann/json.hpp>

#include "report/comparison_tables.h"
#include "report/score_json.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson NumberOrNull(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

// Groups carry no tests.
OrderedJson MetricJson(const MetricDifference& metric, bool with_tests) {
  OrderedJson json = {
      {"records", metric.records},           {"base", NumberOrNull(metric.base)},
      {"value", NumberOrNull(metric.value)}, {"difference", NumberOrNull(metric.difference)},
      {"low", NumberOrNull(metric.low)},     {"high", NumberOrNull(metric.high)}};
  if (with_tests) {
    json["test"] = std::isnan(metric.p_value) ? OrderedJson(nullptr)
                   : metric.is_mcnemar        ? OrderedJson("mcnemar_exact")
                                              : OrderedJson("paired_bootstrap");
    json["p"] = NumberOrNull(metric.p_value);
    json["p_holm"] = NumberOrNull(metric.p_holm);
  }
  json["wins"] = metric.wins;
  json["losses"] = metric.losses;
  json["ties"] = metric.ties;
  return json;
}

}  // namespace

std::string ComparisonJson(const Comparison& comparison, const BenchReport& report,
                           std::span<const std::string> failures) {
  OrderedJson systems = OrderedJson::array();
  for (const SystemComparison& system : comparison.systems) {
    OrderedJson metrics = OrderedJson::object();
    for (const MetricDifference& metric : system.metrics) {
      metrics[metric.metric] = MetricJson(metric, /*with_tests=*/true);
    }
    OrderedJson entry = {{"name", system.name},           {"records", system.records},
                         {"only_base", system.only_base}, {"only_this", system.only_this},
                         {"nearer", system.nearer},       {"farther", system.farther},
                         {"alike", system.alike},         {"metrics", metrics}};
    if (!comparison.by.empty()) {
      OrderedJson groups = OrderedJson::array();
      for (const GroupDifference& group : system.groups) {
        OrderedJson figures = OrderedJson::object();
        for (const MetricDifference& metric : group.metrics) {
          figures[metric.metric] = MetricJson(metric, /*with_tests=*/false);
        }
        groups.push_back({{"name", group.name},
                          {"records", group.records},
                          {"too_small", group.too_small},
                          {"metrics", figures}});
      }
      entry["groups"] = groups;
    }
    systems.push_back(std::move(entry));
  }
  OrderedJson files = OrderedJson::object();
  for (const ReportedSystem& system : report.systems) files[system.name] = system.source;
  const OrderedJson json = {
      {"schema", "gre.comparison/1"},
      {"version", report.version},
      {"truth", report.truth_source},
      {"files", files},
      {"base", comparison.base},
      {"by", comparison.by.empty() ? OrderedJson(nullptr) : OrderedJson(comparison.by)},
      {"systems", systems},
      {"failures", failures},
      {"warnings", WarningsJson(report)},
      {"conventions", ConventionsJson(report, comparison.interval_method)}};
  return json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

}  // namespace gre
