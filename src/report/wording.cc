#include "report/wording.h"

#include <cmath>

#include "core/strings.h"
#include "geo/geodesic.h"
#include "report/text_escape.h"

namespace gre {
namespace {

// Beyond this a populated place is a landmark, not the place itself.
constexpr double kAtPlaceKm = 15;

std::string GroupThousands(long long value) {
  std::string digits = std::to_string(value);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

void AppendPart(std::string& text, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += ", ";
  text += part;
}

}  // namespace

std::string CoordinatesText(const LatLng& point, int decimals, bool unicode) {
  const std::string_view degree = unicode ? "° " : " deg ";
  return FormatFixed(std::abs(point.latitude_deg), decimals) + std::string(degree) +
         (point.latitude_deg < 0 ? "S" : "N") + ", " +
         FormatFixed(std::abs(point.longitude_deg), decimals) + std::string(degree) +
         (point.longitude_deg < 0 ? "W" : "E");
}

std::string DistanceText(double distance_km) {
  if (distance_km < 1) {
    return std::to_string(std::llround(distance_km * 100) * 10) + " m";
  }
  if (distance_km < 10) return FormatFixed(distance_km, 1) + " km";
  const double step = distance_km < 1000 ? 1 : 10;
  return GroupThousands(std::llround(distance_km / step) * static_cast<long long>(step)) + " km";
}

std::string RadiusText(const LocateResult& result) {
  const LocateAnswer& answer = *result.answer;
  const std::string text = DistanceText(answer.radius_p50_km) + " (50 %), " +
                           DistanceText(answer.radius_p90_km) + " (90 %)";
  return result.within.empty() ? text : text + ", as far as --within reaches";
}

std::string PercentText(double fraction) {
  const double percent = fraction * 100;
  if (percent > 0 && percent < 1) return "< 1 %";
  if (percent > 99 && percent < 100) return "> 99 %";
  return FormatFixed(percent, 0) + " %";
}

std::string ConfidenceText(const LocateAnswer& answer) {
  std::string text = PercentText(answer.confidence) + " for the country";
  switch (answer.confidence_source) {
    case ConfidenceSource::kSamples:
      text += " (from the samples alone)";
      break;
    case ConfidenceSource::kCalibration:
      text += " (calibrated)";
      break;
    case ConfidenceSource::kGiven:
      text += " (given by --within)";
      break;
  }
  return text;
}

std::string MetadataText(const LocateResult& result) {
  if (!result.answer) return "GPS metadata, not the model's answer";
  return "GPS metadata, " +
         DistanceText(GeodesicDistanceKm(*result.metadata_gps, result.answer->point)) +
         " from the answer";
}

std::string SpreadText(const LocateResult& result) {
  if (!result.dispersion_km) return {};
  return DistanceText(*result.dispersion_km) + " between two samples on average";
}

std::string AlternativesTitle(const LocateResult& result) {
  if (result.answer) return "Alternatives";
  return result.samples == 1 ? "Likeliest guess" : "Guesses";
}

std::string PlaceText(const Place& place, const LatLng& point) {
  std::string text;
  if (place.is_ocean) {
    text = place.country_code.empty() ? "open sea" : "at sea";  // territorial waters
    if (!place.nearest_land.empty()) {
      AppendPart(text, DistanceText(place.land_distance_km) + " off " + place.nearest_land);
    }
    return PlainLine(text);
  }
  if (place.nearest) {
    const double distance_km = place.nearest->distance_km;
    text = (distance_km < kAtPlaceKm ? "" : DistanceText(distance_km) + " from ") +
           place.nearest->name;
  }
  if (!text.ends_with(place.region)) AppendPart(text, place.region);  // "Beijing, Beijing"
  AppendPart(text, place.country.empty() ? place.country_code : place.country);
  if (text.empty()) return CoordinatesText(point);
  if (place.dispute) text += " (disputed: " + place.dispute->area + ")";
  return PlainLine(text);
}

std::string StatusText(const LocateResult& result) {
  switch (result.status) {
    case LocateStatus::kOk:
      return {};
    case LocateStatus::kAbstained:
      return PlainLine("Cannot tell: " + (result.abstention_reason.empty()
                                              ? std::string("the evidence does not decide")
                                              : result.abstention_reason));
    case LocateStatus::kFailed:
      return PlainLine("Failed: " +
                       (result.error ? result.error->message : std::string("unknown error")));
  }
  return {};
}

std::string EngineText(const LocateResult& result) {
  std::string text = result.model.empty() ? std::string("no model") : result.model;
  if (!result.adapter.empty()) text += " + " + result.adapter;
  if (!result.engine_kind.empty()) text += " (" + result.engine_kind + ")";
  if (result.samples > 0) {
    text += ", " + std::to_string(result.samples) + (result.samples == 1 ? " sample" : " samples");
    text += ", seed " + std::to_string(result.seed);
  }
  if (result.timing.total_ms > 0)
    text += ", " + FormatFixed(result.timing.total_ms / 1000, 2) + " s";
  return PlainLine(text);
}

std::string ModelHint(const LocateResult& result) {
  if (result.engine_kind != "embedded") return {};
  return "The embedded model is a small demonstration; a full model answers far better: "
         "gre model fetch Qwen/Qwen2.5-VL-3B-Instruct, then gre locate --model DIR PHOTO";
}

}  // namespace gre
