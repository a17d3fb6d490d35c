#include "localizer/locate_json.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

double Rounded(double value, double steps_per_unit) {
  return std::round(value * steps_per_unit) / steps_per_unit;
}
double Degrees(double value) { return Rounded(value, 1e6); }
double Kilometres(double value) { return Rounded(value, 1e3); }
double Fraction(double value) { return Rounded(value, 1e6); }
double Milliseconds(double value) { return Rounded(value, 1e3); }

template <typename T>
OrderedJson OrNull(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

OrderedJson TextOrNull(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

OrderedJson PlaceJson(const Place& place) {
  OrderedJson nearest = nullptr;
  if (place.nearest) {
    nearest = {{"name", place.nearest->name},
               {"distance_km", Kilometres(place.nearest->distance_km)}};
  }
  OrderedJson ocean = nullptr;
  if (place.is_ocean) {
    ocean = {{"nearest_land", TextOrNull(place.nearest_land)},
             {"distance_km", Kilometres(place.land_distance_km)}};
  }
  OrderedJson disputed = nullptr;
  if (place.dispute) {
    disputed = {{"area", place.dispute->area}, {"other_claimants", place.dispute->other_claimants}};
  }
  return {{"country_code", TextOrNull(place.country_code)},
          {"country", TextOrNull(place.country)},
          {"region", TextOrNull(place.region)},
          {"nearest", std::move(nearest)},
          {"ocean", std::move(ocean)},
          {"disputed", std::move(disputed)}};
}

std::string_view ConfidenceSourceName(ConfidenceSource source) {
  switch (source) {
    case ConfidenceSource::kSamples:
      return "samples";
    case ConfidenceSource::kCalibration:
      return "calibration";
    case ConfidenceSource::kGiven:
      return "given";
  }
  return "samples";
}

OrderedJson AnswerJson(const std::optional<LocateAnswer>& answer) {
  if (!answer) return nullptr;
  return {
      {"latitude", Degrees(answer->point.latitude_deg)},
      {"longitude", Degrees(answer->point.longitude_deg)},
      {"radius_km",
       {{"p50", Kilometres(answer->radius_p50_km)}, {"p90", Kilometres(answer->radius_p90_km)}}},
      {"confidence", Fraction(answer->confidence)},
      {"confidence_source", ConfidenceSourceName(answer->confidence_source)},
      {"calibrated", answer->confidence_source == ConfidenceSource::kCalibration},
      {"place", PlaceJson(answer->place)}};
}

OrderedJson ChainJson(const Chain& chain) {
  OrderedJson steps = OrderedJson::array();
  for (const ChainStep& step : chain) {
    steps.push_back({{"family", FamilyName(step.family)},
                     {"indicator", step.indicator ? OrderedJson(IndicatorName(*step.indicator))
                                                  : OrderedJson(nullptr)},
                     {"observation", OrNull(step.observation)},
                     {"inference", OrNull(step.inference)},
                     {"hypothesis", OrNull(step.hypothesis)}});
  }
  return steps;
}

OrderedJson AlternativesJson(const std::vector<LocateAlternative>& alternatives) {
  OrderedJson list = OrderedJson::array();
  for (const LocateAlternative& alternative : alternatives) {
    list.push_back({{"latitude", Degrees(alternative.point.latitude_deg)},
                    {"longitude", Degrees(alternative.point.longitude_deg)},
                    {"share", Fraction(alternative.share)},
                    {"place", PlaceJson(alternative.place)},
                    {"chain", ChainJson(alternative.chain)}});
  }
  return list;
}

OrderedJson ContradictionsJson(const std::vector<Contradiction>& contradictions) {
  OrderedJson list = OrderedJson::array();
  for (const Contradiction& contradiction : contradictions) {
    list.push_back({{"kind", ContradictionKindName(contradiction.kind)},
                    {"step", contradiction.step},
                    {"claimed", contradiction.claimed},
                    {"expected", contradiction.expected},
                    {"message", contradiction.message}});
  }
  return list;
}

OrderedJson ErrorJson(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return {{"code", ErrorCodeName(error->code)}, {"message", error->message}};
}

OrderedJson MetadataJson(const std::optional<LatLng>& gps) {
  if (!gps) return nullptr;
  return {{"latitude", Degrees(gps->latitude_deg)}, {"longitude", Degrees(gps->longitude_deg)}};
}

}  // namespace

std::string_view LocateStatusName(LocateStatus status) {
  switch (status) {
    case LocateStatus::kOk:
      return "ok";
    case LocateStatus::kAbstained:
      return "abstained";
    case LocateStatus::kFailed:
      return "failed";
  }
  return "failed";
}

std::string LocateJson(const LocateResult& result, int indent) {
  const LocateTiming& timing = result.timing;
  const OrderedJson record = {
      {"schema", "gre.locate/1"},
      {"file", result.file},
      {"status", LocateStatusName(result.status)},
      {"error", ErrorJson(result.error)},
      {"abstention", TextOrNull(result.abstention_reason)},
      {"answer", AnswerJson(result.answer)},
      {"alternatives", AlternativesJson(result.alternatives)},
      {"chain", ChainJson(result.chain)},
      {"chain_text", result.chain_text},
      {"contradictions", ContradictionsJson(result.contradictions)},
      {"metadata_gps", MetadataJson(result.metadata_gps)},
      {"within", TextOrNull(result.within)},
      {"engine",
       {{"kind", TextOrNull(result.engine_kind)},
        {"model", TextOrNull(result.model)},
        {"adapter", TextOrNull(result.adapter)}}},
      {"prompt_hash", TextOrNull(result.prompt_hash)},
      {"samples", result.samples},
      {"dispersion_km", result.dispersion_km ? OrderedJson(Kilometres(*result.dispersion_km))
                                             : OrderedJson(nullptr)},
      {"seed", result.seed},
      {"timing_ms",
       {{"image", Milliseconds(timing.image_ms)},
        {"prefill", Milliseconds(timing.prefill_ms)},
        {"decode", Milliseconds(timing.decode_ms)},
        {"total", Milliseconds(timing.total_ms)}}},
      {"usage",
       {{"prompt_tokens", result.usage.prompt_tokens},
        {"completion_tokens", result.usage.completion_tokens},
        {"finish_reasons", result.usage.finish_reasons}}}};
  return record.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
