#include "report/chain_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/strings.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct NamedFigure {
  std::string_view key;
  std::string_view label;
  ChainFigure ChainQuality::*figure;
};

constexpr NamedFigure kFigures[] = {
    {"background_recall", "background: recall of indicators", &ChainQuality::background},
    {"caption_refclipscore", "caption: RefCLIPScore", &ChainQuality::caption},
    {"inference_bertscore", "inference: BERTScore F", &ChainQuality::inference},
    {"combined", "combined", &ChainQuality::combined},
    {"indicator_recall", "indicators named anywhere", &ChainQuality::anywhere},
    {"clue_weighted", "clue-weighted score", &ChainQuality::clue_weighted},
    {"precision", "precision (MME-CoT)", &ChainQuality::precision},
    {"recall", "recall (MME-CoT)", &ChainQuality::recall},
    {"f1", "F1 (MME-CoT)", &ChainQuality::f1}};

OrderedJson NumberOrNull(double value) {
  return std::isnan(value) ? OrderedJson(nullptr) : OrderedJson(value);
}

OrderedJson FigureJson(const ChainFigure& figure) {
  if (!figure.not_computed.empty()) {
    return {{"value", nullptr}, {"not_computed", figure.not_computed}};
  }
  return {{"value", figure.estimate.value},
          {"low", NumberOrNull(figure.estimate.low)},
          {"high", NumberOrNull(figure.estimate.high)},
          {"records", figure.estimate.records},
          {"empty", figure.empty}};
}

// What precision counted. Without a judge nothing is known of "reasonable".
OrderedJson StepsJson(std::span<const size_t, 3> steps, bool judged) {
  return {{"counted", steps[0]},
          {"matched", steps[1]},
          {"reasonable", judged ? OrderedJson(steps[2]) : OrderedJson(nullptr)}};
}

OrderedJson ClassesJson(std::span<const size_t, 3> counts) {
  OrderedJson json = OrderedJson::object();
  for (const StepClass step_class : kStepClasses) {
    json[std::string(StepClassName(step_class))] = counts[static_cast<size_t>(step_class)];
  }
  return json;
}

std::string WeightsText(const ChainQualityOptions& options) {
  std::string text;
  for (const double weight : options.weights) {
    text.append(text.empty() ? "" : ":").append(FormatShortest(weight));
  }
  if (options.weights_assumed) text += " (assumed: GRE's are unpublished)";
  return text;
}

std::vector<std::pair<std::string, std::string>> Describe(const ChainQuality& quality,
                                                          const ChainConventions& conventions) {
  const bool zero = conventions.options.empty == ChainQualityOptions::Empty::kZero;
  const auto or_none = [](const std::string& name) { return name.empty() ? "none" : name; };
  return {
      {"classifier", conventions.classifier},
      {"weights", WeightsText(conventions.options)},
      {"empty", zero ? "an empty class counts 0" : "an empty class is left out"},
      {"matching", conventions.matching},
      {"clue_weights", quality.clue_weights_given ? "of the benchmark" : "equal: none are given"},
      {"precision", quality.judged ? "matches and what is reasonable to " + conventions.verdicts
                                   : "a lower bound, matches alone: nobody judged what is "
                                     "reasonable but not annotated (--judge-model)"},
      {"embedder", or_none(conventions.embedder)},
      {"clip", or_none(conventions.clip)}};
}

OrderedJson RecordJson(const RecordChainQuality& record, const std::string& id, bool judged) {
  OrderedJson contradictions = OrderedJson::array();
  for (const Contradiction& found : record.contradictions) {
    contradictions.push_back({{"kind", ContradictionKindName(found.kind)},
                              {"step", found.step},
                              {"message", found.message}});
  }
  OrderedJson specifics = OrderedJson::array();
  for (const UnsupportedSpecific& found : record.specifics) {
    specifics.push_back(
        {{"kind", SpecificKindName(found.kind)}, {"step", found.step}, {"text", found.text}});
  }
  return {
      {"id", id},
      {"statements", ClassesJson(record.statements)},
      {"background_recall", NumberOrNull(record.background_recall)},
      {"caption_refclipscore", NumberOrNull(record.caption_score)},
      {"inference_bertscore", NumberOrNull(record.inference_score)},
      {"combined", NumberOrNull(record.combined)},
      {"indicator_recall", NumberOrNull(record.anywhere_recall)},
      {"clue_weighted", NumberOrNull(record.clue_weighted)},
      {"precision", NumberOrNull(record.precision)},
      {"recall", NumberOrNull(record.recall)},
      {"f1", NumberOrNull(record.f1)},
      {"precision_steps",
       StepsJson(std::array{record.steps, record.steps_matched, record.steps_reasonable},
                 judged && record.unjudged.empty())},
      {"unjudged", record.unjudged.empty() ? OrderedJson(nullptr) : OrderedJson(record.unjudged)},
      {"contradictions", contradictions},
      {"unsupported_specifics", specifics}};
}

std::string FigureText(const ChainFigure& figure) {
  if (!figure.not_computed.empty()) return "not computed: " + figure.not_computed;
  const Estimate& estimate = figure.estimate;
  std::string text = FormatFixed(estimate.value, 3);
  text.append("  [").append(FormatFixed(estimate.low, 3)).append(", ");
  text.append(FormatFixed(estimate.high, 3)).append("]  of ");
  text.append(std::to_string(estimate.records));
  if (figure.empty > 0) text.append(", empty in ").append(std::to_string(figure.empty));
  return text;
}

std::string Share(size_t count, size_t of) {
  std::string text = std::to_string(count);
  text.append(" of ").append(std::to_string(of));
  if (of > 0) {
    const double share = 100 * static_cast<double>(count) / static_cast<double>(of);
    text.append(" (").append(FormatFixed(share, 1)).append(" %)");
  }
  return text;
}

}  // namespace

OrderedJson ChainQualityJson(const ChainQuality& quality, const ChainConventions& conventions,
                             std::span<const TruthRecord> truth, bool per_record) {
  OrderedJson json = {{"records", quality.records},
                      {"without_chain", quality.without_chain},
                      {"unclassified", quality.unclassified},
                      {"statements", ClassesJson(quality.statements)},
                      {"chains_without", ClassesJson(quality.chains_without)}};
  for (const NamedFigure& named : kFigures) {
    json[std::string(named.key)] = FigureJson(quality.*named.figure);
  }
  json["precision_steps"] = StepsJson(quality.steps, quality.judged);
  json["unjudged"] = quality.unjudged;
  OrderedJson contradictions = OrderedJson::object();
  for (const auto& [kind, count] : quality.contradictions) {
    contradictions[std::string(ContradictionKindName(kind))] = count;
  }
  json["contradictions"] = {{"chains_with_point", quality.with_point},
                            {"concluding_country", quality.concluding_country},
                            {"contradicted", quality.contradicted},
                            {"by_kind", contradictions}};
  OrderedJson specifics = OrderedJson::object();
  for (const auto& [kind, count] : quality.specifics) {
    specifics[std::string(SpecificKindName(kind))] = count;
  }
  json["unsupported_specifics"] = {{"chains", quality.with_specifics}, {"by_kind", specifics}};
  OrderedJson stated = OrderedJson::object();
  for (const auto& [name, value] : Describe(quality, conventions)) stated[name] = value;
  json["conventions"] = stated;
  if (per_record) {
    OrderedJson records = OrderedJson::array();
    for (const RecordChainQuality& record : quality.per_record) {
      records.push_back(RecordJson(record, truth[record.truth].id, quality.judged));
    }
    json["per_record"] = records;
  }
  return json;
}

std::string ChainQualityText(const ChainQuality& quality, const ChainConventions& conventions) {
  std::vector<std::pair<std::string, std::string>> rows;
  const size_t chains = quality.records - quality.without_chain;
  rows.emplace_back("chains", Share(chains, quality.records));
  if (quality.unclassified > 0) {
    rows.emplace_back("  not classed by the judge", Share(quality.unclassified, chains));
  }
  for (const StepClass step_class : kStepClasses) {
    const auto i = static_cast<size_t>(step_class);
    std::string text = std::to_string(quality.statements[i]);
    text.append(", class empty in ").append(Share(quality.chains_without[i], chains));
    rows.emplace_back("  statements: " + std::string(StepClassName(step_class)), std::move(text));
  }
  for (const NamedFigure& named : kFigures) {
    const bool bound = !quality.judged && (named.figure == &ChainQuality::precision ||
                                           named.figure == &ChainQuality::f1);
    rows.emplace_back(std::string(named.label) + (bound ? ", lower bound" : ""),
                      FigureText(quality.*named.figure));
  }
  if (quality.judged) {
    rows.emplace_back("  steps that match", Share(quality.steps[1], quality.steps[0]));
    rows.emplace_back("  steps that are reasonable", Share(quality.steps[2], quality.steps[0]));
  }
  if (quality.unjudged > 0) {
    rows.emplace_back("  chains without verdicts", Share(quality.unjudged, chains));
  }
  rows.emplace_back("chains beside a point", std::to_string(quality.with_point));
  rows.emplace_back("  that conclude with a country",
                    Share(quality.concluding_country, quality.with_point));
  rows.emplace_back("  that contradict their point",
                    Share(quality.contradicted, quality.with_point));
  for (const auto& [kind, count] : quality.contradictions) {
    rows.emplace_back("    " + std::string(ContradictionKindName(kind)),
                      Share(count, quality.with_point));
  }
  rows.emplace_back("chains with unsupported specifics", Share(quality.with_specifics, chains));
  for (const auto& [kind, count] : quality.specifics) {
    rows.emplace_back("    " + std::string(SpecificKindName(kind)), Share(count, chains));
  }
  constexpr size_t kLabelWidth = 36;
  std::string text;
  for (const auto& [label, value] : rows) {
    text.append(label).append(kLabelWidth - std::min(kLabelWidth - 1, label.size()), ' ');
    text.append(value).append("\n");
  }
  text.append("\n");
  for (const auto& [name, value] : Describe(quality, conventions)) {
    text.append(name).append(": ").append(value).append("\n");
  }
  return text;
}

}  // namespace gre
