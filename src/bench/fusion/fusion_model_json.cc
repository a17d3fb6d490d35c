#include <array>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/fusion/fusion.h"
#include "core/json.h"

namespace gre {
namespace {

constexpr std::string_view kSchema = "gre.fusion/1";

using Measure = FusionSettings::Measure;
using Weight = FusionSettings::Weight;
constexpr std::array kMeasures = {Measure::kGeoScore, Measure::kWithin25Km, Measure::kWithin200Km};
constexpr std::array kWeights = {Weight::kShare, Weight::kOdds};

Error Bad(std::string_view field, std::string_view expected) {
  std::string message = "fusion weights: field '";
  message.append(field).append("': expected ").append(expected);
  return {ErrorCode::kInvalidInput, std::move(message)};
}

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

bool IsProbability(const Json* value) {
  return value != nullptr && value->is_number() && value->get<double>() >= 0 &&
         value->get<double>() <= 1;
}

Result<MonotoneCalibration> ParseCalibration(const Json& json, const std::string& name) {
  MonotoneCalibration calibration;
  const Json* answers = Find(json, "answers");
  if (answers == nullptr || !answers->is_number_unsigned()) {
    return Bad(name + ".answers", "a count");
  }
  calibration.answers = answers->get<size_t>();
  const Json* overall = Find(json, "overall");
  if (!IsProbability(overall)) return Bad(name + ".overall", "a number within 0 and 1");
  calibration.overall = overall->get<double>();
  const Json* steps = Find(json, "steps");
  if (steps == nullptr || !steps->is_array()) return Bad(name + ".steps", "an array");
  for (const Json& pair : *steps) {
    const bool is_step =
        pair.is_array() && pair.size() == 2 && pair[0].is_number() && IsProbability(&pair[1]);
    const MonotoneCalibration::Step step =
        is_step ? MonotoneCalibration::Step{pair[0].get<double>(), pair[1].get<double>()}
                : MonotoneCalibration::Step{};
    const bool rises =
        calibration.steps.empty() || (step.from > calibration.steps.back().from &&
                                      step.probability >= calibration.steps.back().probability);
    if (!is_step || !rises) {
      return Bad(name + ".steps", "pairs [confidence, probability], both rising");
    }
    calibration.steps.push_back(step);
  }
  return calibration;
}

nlohmann::ordered_json CalibrationJson(const MonotoneCalibration& calibration) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const auto& [from, probability] : calibration.steps) {
    steps.push_back(nlohmann::ordered_json::array({from, probability}));
  }
  return {{"answers", calibration.answers}, {"overall", calibration.overall}, {"steps", steps}};
}

Result<FusionSettings> ParseSettings(const Json& json) {
  FusionSettings settings;
  const Json* measure = Find(json, "measure");
  const Json* weight = Find(json, "weight");
  const Json* use_confidence = Find(json, "use_confidence");
  bool known_measure = false;
  for (const Measure candidate : kMeasures) {
    if (measure == nullptr || *measure != MeasureName(candidate)) continue;
    settings.measure = candidate;
    known_measure = true;
  }
  if (!known_measure) {
    return Bad("settings.measure", "geoscore, within_25_km or within_200_km");
  }
  bool known_weight = false;
  for (const Weight candidate : kWeights) {
    if (weight == nullptr || *weight != WeightName(candidate)) continue;
    settings.weight = candidate;
    known_weight = true;
  }
  if (!known_weight) return Bad("settings.weight", "share or odds");
  if (use_confidence == nullptr || !use_confidence->is_boolean()) {
    return Bad("settings.use_confidence", "true or false");
  }
  settings.use_confidence = use_confidence->get<bool>();
  return settings;
}

}  // namespace

Result<FusionModel> ParseFusionModel(std::string_view text) {
  GRE_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  const Json* schema = Find(json, "schema");
  if (schema == nullptr || *schema != kSchema) return Bad("schema", "gre.fusion/1");
  FusionModel model;
  const Json* settings = Find(json, "settings");
  if (settings == nullptr) return Bad("settings", "an object");
  GRE_ASSIGN_OR_RETURN(model.settings, ParseSettings(*settings));
  const Json* systems = Find(json, "systems");
  if (systems == nullptr || !systems->is_array() || systems->empty()) {
    return Bad("systems", "an array that is not empty");
  }
  for (const Json& system : *systems) {
    const std::string field = "systems[" + std::to_string(model.systems.size()) + "]";
    const Json* name = Find(system, "name");
    if (name == nullptr || !name->is_string()) return Bad(field + ".name", "a text");
    FusionSystem parsed = {.name = name->get<std::string>()};
    if (!model.systems.empty() && parsed.name <= model.systems.back().name) {
      return Bad(field + ".name", "names in rising order, each once");
    }
    GRE_ASSIGN_OR_RETURN(parsed.reliability, ParseCalibration(system, field));
    model.systems.push_back(std::move(parsed));
  }
  const Json* confidence = Find(json, "confidence");
  if (confidence == nullptr) return Bad("confidence", "an object");
  GRE_ASSIGN_OR_RETURN(model.confidence, ParseCalibration(*confidence, "confidence"));
  const Json* confidence_max = Find(json, "confidence_max");
  if (confidence_max == nullptr || !confidence_max->is_number() ||
      !(confidence_max->get<double>() > 0)) {
    return Bad("confidence_max", "a number above 0");
  }
  model.confidence_max = confidence_max->get<double>();
  return model;
}

std::string FusionModelJson(const FusionModel& model) {
  nlohmann::ordered_json systems = nlohmann::ordered_json::array();
  for (const FusionSystem& system : model.systems) {
    nlohmann::ordered_json entry = {{"name", system.name}};
    entry.update(CalibrationJson(system.reliability));
    systems.push_back(std::move(entry));
  }
  const nlohmann::ordered_json json = {{"schema", kSchema},
                                       {"settings",
                                        {{"measure", MeasureName(model.settings.measure)},
                                         {"weight", WeightName(model.settings.weight)},
                                         {"use_confidence", model.settings.use_confidence}}},
                                       {"systems", systems},
                                       {"confidence", CalibrationJson(model.confidence)},
                                       {"confidence_max", model.confidence_max}};
  return json.dump(2, ' ', false, nlohmann::detail::error_handler_t::replace) + "\n";
}

}  // namespace gre
