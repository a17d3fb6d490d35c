#include "localizer/locate_json_reader.h"

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre {
namespace {

// Absent texts are null in records and empty here.
std::string Text(const Json& object, const char* key) {
  const Json& value = object.at(key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

std::optional<std::string> OptionalText(const Json& object, const char* key) {
  const Json& value = object.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

LatLng Point(const Json& object) {
  const auto point = LatLng::FromDegrees(object.at("latitude"), object.at("longitude"));
  if (!point) {
    throw std::out_of_range("latitude or longitude is not on Earth");
  }
  return *point;
}

Place ReadPlace(const Json& json) {
  Place place;
  place.country_code = Text(json, "country_code");
  place.country = Text(json, "country");
  place.region = Text(json, "region");
  if (const Json& nearest = json.at("nearest"); !nearest.is_null()) {
    place.nearest = NearestPlace{nearest.at("name"), nearest.at("distance_km")};
  }
  if (const Json& ocean = json.at("ocean"); !ocean.is_null()) {
    place.is_ocean = true;
    place.nearest_land = Text(ocean, "nearest_land");
    place.land_distance_km = ocean.at("distance_km");
  }
  if (const Json& disputed = json.at("disputed"); !disputed.is_null()) {
    place.dispute = Dispute{disputed.at("area"), disputed.at("other_claimants"), {}};
  }
  return place;
}

Chain ReadChain(const Json& json) {
  Chain chain;
  for (const Json& item : json) {
    ChainStep step;
    step.family = FamilyFromName(Text(item, "family")).value_or(Family::kOther);
    step.indicator = IndicatorFromName(Text(item, "indicator"));
    step.observation = OptionalText(item, "observation");
    step.inference = OptionalText(item, "inference");
    step.hypothesis = OptionalText(item, "hypothesis");
    chain.push_back(std::move(step));
  }
  return chain;
}

std::vector<Contradiction> ReadContradictions(const Json& json) {
  std::vector<Contradiction> contradictions;
  for (const Json& item : json) {
    const auto kind = ContradictionKindFromName(Text(item, "kind"));
    if (!kind) {
      throw std::out_of_range("unknown kind of contradiction '" + Text(item, "kind") + "'");
    }
    contradictions.push_back(
        {*kind, item.at("step"), item.at("claimed"), item.at("expected"), item.at("message")});
  }
  return contradictions;
}

ErrorCode ErrorCodeFromName(std::string_view name) {
  for (const ErrorCode code :
       {ErrorCode::kInvalidInput, ErrorCode::kInvalidArgument, ErrorCode::kNotFound,
        ErrorCode::kUnavailable, ErrorCode::kDeadlineExceeded, ErrorCode::kCancelled,
        ErrorCode::kRefused}) {
    if (ErrorCodeName(code) == name) {
      return code;
    }
  }
  return ErrorCode::kInternal;
}

LocateStatus StatusFromName(const std::string& name) {
  if (name == "ok") {
    return LocateStatus::kOk;
  }
  return name == "abstained" ? LocateStatus::kAbstained : LocateStatus::kFailed;
}

// Records of earlier versions have `calibrated` only.
ConfidenceSource ReadConfidenceSource(const Json& answer) {
  if (answer.at("calibrated").get<bool>()) {
    return ConfidenceSource::kCalibration;
  }
  return answer.value("confidence_source", "samples") == "given" ? ConfidenceSource::kGiven
                                                                 : ConfidenceSource::kSamples;
}

LocateResult ReadRecord(const Json& json) {
  if (Text(json, "schema") != "gre.locate/1") {
    throw std::out_of_range("schema is not gre.locate/1");
  }
  LocateResult result;
  result.file = json.at("file");
  result.status = StatusFromName(json.at("status"));
  if (const Json& error = json.at("error"); !error.is_null()) {
    result.error = Error{ErrorCodeFromName(Text(error, "code")), error.at("message")};
  }
  result.abstention_reason = Text(json, "abstention");
  if (const Json& answer = json.at("answer"); !answer.is_null()) {
    result.answer = LocateAnswer{.point = Point(answer),
                                 .radius_p50_km = answer.at("radius_km").at("p50"),
                                 .radius_p90_km = answer.at("radius_km").at("p90"),
                                 .confidence = answer.at("confidence"),
                                 .confidence_source = ReadConfidenceSource(answer),
                                 .place = ReadPlace(answer.at("place"))};
  }
  for (const Json& item : json.at("alternatives")) {
    result.alternatives.push_back(
        {Point(item), item.at("share"), ReadPlace(item.at("place")), ReadChain(item.at("chain"))});
  }
  result.chain = ReadChain(json.at("chain"));
  result.chain_text = json.at("chain_text");
  result.contradictions = ReadContradictions(json.value("contradictions", Json::array()));
  if (const Json& gps = json.at("metadata_gps"); !gps.is_null()) {
    result.metadata_gps = Point(gps);
  }
  if (json.contains("within")) {
    result.within = Text(json, "within");
  }
  const Json& engine = json.at("engine");
  result.engine_kind = Text(engine, "kind");
  result.model = Text(engine, "model");
  result.adapter = Text(engine, "adapter");
  result.prompt_hash = Text(json, "prompt_hash");
  result.samples = json.at("samples");
  if (const Json& dispersion = json.at("dispersion_km"); !dispersion.is_null()) {
    result.dispersion_km = dispersion.get<double>();
  }
  result.seed = json.at("seed");
  const Json& timing = json.at("timing_ms");
  result.timing = {timing.at("image"), timing.at("prefill"), timing.at("decode"),
                   timing.at("total")};
  const Json usage = json.value("usage", Json::object());  // absent in older records
  result.usage = {usage.value("prompt_tokens", 0), usage.value("completion_tokens", 0),
                  usage.value("finish_reasons", std::vector<std::string>())};
  return result;
}

}  // namespace

Result<LocateResult> ReadLocateJson(std::string_view record) {
  GRE_ASSIGN_OR_RETURN(const Json json, ParseJson(record));
  try {
    return ReadRecord(json);
  } catch (const std::exception& error) {  // nlohmann's type and key errors name the field
    return Error{ErrorCode::kInvalidInput, std::string("no locate record: ") + error.what()};
  }
}

}  // namespace gre
