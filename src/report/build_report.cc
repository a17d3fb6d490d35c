#include "report/build_report.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/build/photo_annotator.h"
#include "core/strings.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr double kGrevalPhotos = 3000;

size_t CountLabel(const BuiltBenchmark& built, std::string_view label, std::string_view value) {
  return static_cast<size_t>(std::ranges::count_if(built.records, [&](const TruthRecord& record) {
    const auto found = record.labels.find(label);
    return found != record.labels.end() && found->second == value;
  }));
}

size_t Labelled(const BuiltBenchmark& built, std::string_view label) {
  return static_cast<size_t>(std::ranges::count_if(
      built.records, [&](const TruthRecord& record) { return record.labels.contains(label); }));
}

std::map<std::string, size_t> Continents(const BuiltBenchmark& built) {
  std::map<std::string, size_t> counts;
  for (const TruthRecord& record : built.records) {
    const Country* country = FindCountry(record.country_code);
    ++counts[country == nullptr ? "unknown" : country->continent];
  }
  return counts;
}

std::string Percent(double count, double of) {
  return of > 0 ? FormatFixed(100 * count / of, 1) + " %" : std::string("-");
}

void AddRow(std::string& text, std::string_view label, std::string_view ours,
            std::string_view greval) {
  constexpr size_t kLabel = 36;
  constexpr size_t kOurs = 18;
  text.append(label).append(kLabel - std::min(kLabel - 1, label.size()), ' ');
  text.append(ours).append(kOurs - std::min(kOurs - 1, ours.size()), ' ');
  text.append(greval).append("\n");
}

std::string CountText(size_t count, size_t of) {
  return std::to_string(count) + "  " +
         Percent(static_cast<double>(count), static_cast<double>(of));
}

std::string KappaText(const Agreement& agreement) {
  return agreement.kappa ? FormatFixed(*agreement.kappa, 3) : std::string("undefined");
}

OrderedJson AgreementJson(const Agreement& agreement) {
  return {{"kappa", agreement.kappa ? OrderedJson(*agreement.kappa) : OrderedJson(nullptr)},
          {"observed", agreement.observed},
          {"expected", agreement.expected},
          {"photos", agreement.subjects}};
}

}  // namespace

std::string BuildText(const BuiltBenchmark& built) {
  std::string text;
  for (const BuildStage& stage : built.stages) {
    std::string outcome = "skipped: " + stage.skipped;
    if (stage.skipped.empty()) {
      outcome = std::to_string(stage.photos) + " photos, " + std::to_string(stage.dropped) +
                " dropped, " + std::to_string(stage.failed) + " without a result";
      if (!stage.tool.empty()) outcome.append("  (").append(stage.tool).append(")");
    }
    text.append(stage.name).append(12 - std::min<size_t>(11, stage.name.size()), ' ');
    text.append(outcome).append("\n");
  }
  if (built.agreement) {
    text.append("Fleiss' kappa: country ").append(KappaText(built.agreement->country));
    text.append(", city ").append(KappaText(built.agreement->city));
    text.append(", neither ").append(KappaText(built.agreement->neither));
    text.append(", drop ").append(KappaText(built.agreement->drop)).append("\n");
  }
  text.append("reviewed: ").append(built.reviewed).append("\n\n");

  const size_t records = built.records.size();
  AddRow(text, "composition", std::to_string(records) + " photos", "GREval-Bench, 3000 photos");
  const size_t with_point = static_cast<size_t>(std::ranges::count_if(
      built.records, [](const TruthRecord& record) { return record.point.has_value(); }));
  AddRow(text, "with coordinates", CountText(with_point, records), "3000  100.0 %");
  for (const auto& [continent, count] : Continents(built)) {
    AddRow(text, continent, CountText(count, records), "unpublished");
  }
  const size_t with_category = Labelled(built, "category");
  AddRow(text, "with a scene category", CountText(with_category, records), "3000  100.0 %");
  for (const SceneCategory& scene : SceneCategories()) {
    const size_t count = CountLabel(built, "category", scene.name);
    AddRow(text, "  " + std::string(scene.name) + " (" + std::string(scene.environment) + ")",
           with_category == 0 ? "not labelled" : CountText(count, with_category),
           std::to_string(scene.greval_photos) + "  " +
               Percent(static_cast<double>(scene.greval_photos), kGrevalPhotos));
  }
  const size_t with_indicator = Labelled(built, "indicator");
  for (const IndicatorShare& share : IndicatorShares()) {
    const size_t count = CountLabel(built, "indicator", share.name);
    AddRow(text, "  " + std::string(share.group) + "/" + std::string(share.name),
           with_indicator == 0 ? "not labelled" : CountText(count, with_indicator),
           FormatFixed(share.greval_percent, 1) + " % (these add to 97.9)");
  }
  const auto count_with = [&](std::vector<std::string> TruthRecord::*list) {
    return CountText(
        static_cast<size_t>(std::ranges::count_if(
            built.records, [&](const TruthRecord& record) { return !(record.*list).empty(); })),
        records);
  };
  AddRow(text, "with indicators", count_with(&TruthRecord::indicators), "3000  100.0 %");
  AddRow(text, "with key steps", count_with(&TruthRecord::key_steps), "3000  100.0 %");
  return text;
}

std::string BuildJson(const BuiltBenchmark& built, const IndicatorCorpus& corpus, int indent) {
  OrderedJson stages = OrderedJson::array();
  for (const BuildStage& stage : built.stages) {
    stages.push_back(
        {{"name", stage.name},
         {"skipped", stage.skipped.empty() ? OrderedJson(nullptr) : OrderedJson(stage.skipped)},
         {"tool", stage.tool.empty() ? OrderedJson(nullptr) : OrderedJson(stage.tool)},
         {"photos", stage.photos},
         {"dropped", stage.dropped},
         {"failed", stage.failed}});
  }
  OrderedJson dropped = OrderedJson::array();
  for (const DroppedPhoto& photo : built.dropped) {
    dropped.push_back({{"id", photo.id}, {"stage", photo.stage}, {"reason", photo.reason}});
  }
  OrderedJson entries = OrderedJson::array();
  for (const CorpusEntry& entry : corpus.entries) {
    entries.push_back({{"kind", entry.kind == CorpusEntry::Kind::kPlace ? "place" : "pattern"},
                       {"text", entry.text},
                       {"chains", entry.chains}});
  }
  OrderedJson agreement = nullptr;
  if (built.agreement) {
    agreement = {{"country", AgreementJson(built.agreement->country)},
                 {"city", AgreementJson(built.agreement->city)},
                 {"neither", AgreementJson(built.agreement->neither)},
                 {"drop", AgreementJson(built.agreement->drop)}};
  }
  const OrderedJson json = {{"schema", "gre.build-report/1"},
                            {"records", built.records.size()},
                            {"reviewed", built.reviewed},
                            {"stages", stages},
                            {"agreement", agreement},
                            {"dropped", dropped},
                            {"failures", built.failures},
                            {"corpus", entries},
                            {"corpus_source",
                             {{"drawn_by", corpus.drawn_by},
                              {"chains", corpus.chains},
                              {"without_result", corpus.failures.size()},
                              {"not_in_their_chain", corpus.named_anew}}}};
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
