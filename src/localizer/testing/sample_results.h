#pragma once

#include <vector>

#include "localizer/locate_result.h"

namespace gre {

// An answer with everything a result can hold, and hostile text where text comes from outside.
inline LocateResult FullResult() {
  LocateResult result;
  result.file = "trip/=cmd <b>&\"x\".jpg";
  result.status = LocateStatus::kOk;
  LocateAnswer answer;
  answer.point = {-17.7134, 178.9265};
  answer.radius_p50_km = 35;
  answer.radius_p90_km = 420;
  answer.confidence = 0.73;
  answer.confidence_source = ConfidenceSource::kCalibration;
  answer.place.country_code = "FJ";
  answer.place.country = "Fiji";
  answer.place.region = "Eastern";
  answer.place.nearest = NearestPlace{"Levuka", 8.2};
  result.answer = answer;
  LocateAlternative alternative;
  alternative.point = {-13.8333, -171.7667};
  alternative.share = 0.25;
  alternative.place.is_ocean = true;
  alternative.place.nearest_land = "Samoa";
  alternative.place.land_distance_km = 31.5;
  alternative.chain = {{Family::kOther, std::nullopt, "palms", std::nullopt, std::nullopt}};
  result.alternatives = {alternative};
  result.chain = {
      {Family::kText, Indicator::kLanguage, "a sign: \x1b[31m<script>alert(1)</script>",
       "Fijian & English", "Fiji"},
      {Family::kTransport, std::nullopt, std::nullopt, "they drive on the left", std::nullopt}};
  result.chain_text = "<think>…</think><answer>-17.7134, 178.9265</answer>";
  result.contradictions = {{ContradictionKind::kScript, 0, "Cyrillic", "Latin",
                            "Cyrillic is not the script of <b>Fiji"}};
  result.metadata_gps = LatLng{-17.7, 178.8};
  result.engine_kind = "local";
  result.model = "Qwen2.5-VL-3B-Instruct";
  result.prompt_hash = "0123abcd";
  result.samples = 8;
  result.dispersion_km = 812.5;
  result.seed = 7;
  result.timing = {120.5, 900, 4000.25, 5100};
  return result;
}

inline LocateResult AbstainedResult() {
  LocateResult result;
  result.file = "wall.jpg";
  result.status = LocateStatus::kAbstained;
  result.abstention_reason = "the samples scatter over four continents";
  result.within = "Japan";
  result.engine_kind = "embedded";
  result.model = "gre-nano";
  result.samples = 8;
  return result;
}

inline LocateResult FailedResult() {
  LocateResult result;
  result.file = "broken.jpg";
  result.status = LocateStatus::kFailed;
  result.error = Error{ErrorCode::kInvalidInput, "broken.jpg: truncated JPEG"};
  return result;
}

inline std::vector<LocateResult> AllKindsOfResults() {
  return {FullResult(), AbstainedResult(), FailedResult()};
}

}  // namespace gre
