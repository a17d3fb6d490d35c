#include "report/seed_report.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/strings.h"
#include "knowledge/country_facts.h"
#include "report/table.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::map<std::string, SeedCounts> Continents(const SeedSummary& summary) {
  std::map<std::string, SeedCounts> continents;
  for (const auto& [code, counts] : summary.countries) {
    const Country* country = FindCountry(code);
    SeedCounts& sum = continents[country == nullptr ? "unknown" : country->continent];
    sum.train += counts.train;
    sum.dev += counts.dev;
    sum.test += counts.test;
  }
  return continents;
}

std::vector<TableCell> Row(const std::string& name, const SeedCounts& counts) {
  return {name, std::to_string(counts.train), std::to_string(counts.dev),
          std::to_string(counts.test), std::to_string(counts.all())};
}

std::vector<TableColumn> Columns(const char* name) {
  return {{.title = name, .align = TableAlign::kLeft},
          {.title = "train"},
          {.title = "dev"},
          {.title = "test"},
          {.title = "all"}};
}

OrderedJson CountsJson(const SeedCounts& counts) {
  return {{"train", counts.train}, {"dev", counts.dev}, {"test", counts.test}};
}

}  // namespace

std::string SeedText(const SeedSummary& summary) {
  std::string text = Concat({std::to_string(summary.candidates),
                             " candidates of ",
                             std::to_string(summary.photos),
                             " photos that nothing drops (",
                             std::to_string(summary.without_truth),
                             " without truth, ",
                             std::to_string(summary.without_picture),
                             " without a picture, ",
                             std::to_string(summary.duplicates),
                             " duplicates)\n",
                             std::to_string(summary.sample.all()),
                             " drawn from ",
                             std::to_string(summary.cells),
                             " cells; passed over: ",
                             std::to_string(summary.over_country_cap),
                             " of countries at their cap, ",
                             std::to_string(summary.near_other_split),
                             " near another split, ",
                             std::to_string(summary.without_split),
                             " without a split\n\n"});
  Table continents;
  continents.columns = Columns("continent");
  for (const auto& [name, counts] : Continents(summary))
    continents.rows.push_back(Row(name, counts));
  continents.rows.push_back(Row("all", summary.sample));
  text += FormatTableText(continents);

  constexpr size_t kShown = 20;
  std::vector<std::pair<std::string, SeedCounts>> countries(summary.countries.begin(),
                                                            summary.countries.end());
  std::ranges::stable_sort(countries, std::greater(),
                           [](const auto& country) { return country.second.all(); });
  Table table;
  table.columns = Columns("country");
  for (size_t i = 0; i < std::min(kShown, countries.size()); ++i) {
    const Country* country = FindCountry(countries[i].first);
    table.rows.push_back(Row(country == nullptr ? "unknown" : country->name, countries[i].second));
  }
  if (countries.size() > kShown) {
    table.notes.push_back(Concat(
        {"the largest of ", std::to_string(countries.size()), " countries; --json lists all"}));
  }
  return (text += '\n') += FormatTableText(table);
}

std::string SeedJson(const SeedSummary& summary) {
  OrderedJson json = {{"schema", "gre.dataset_seed/1"},
                      {"photos", summary.photos},
                      {"without_truth", summary.without_truth},
                      {"without_picture", summary.without_picture},
                      {"duplicates", summary.duplicates},
                      {"candidates", summary.candidates},
                      {"drawn", summary.sample.all()},
                      {"cells", summary.cells},
                      {"over_country_cap", summary.over_country_cap},
                      {"near_other_split", summary.near_other_split},
                      {"without_split", summary.without_split},
                      {"split_level", summary.split_level},
                      {"splits", CountsJson(summary.sample)}};
  OrderedJson& continents = json["continents"] = OrderedJson::object();
  for (const auto& [name, counts] : Continents(summary)) continents[name] = CountsJson(counts);
  OrderedJson& countries = json["countries"] = OrderedJson::object();
  for (const auto& [code, counts] : summary.countries) countries[code] = CountsJson(counts);
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
