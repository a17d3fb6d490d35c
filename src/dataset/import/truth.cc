#include "dataset/import/truth.h"

#include <cmath>

#include "core/strings.h"
#include "geo/geodesic.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

constexpr size_t kMaxCodes = 10'000;

std::string Written(const FieldValue& value) {
  return value.kind == FieldValue::Kind::kNumber ? FormatShortest(value.number) : value.text;
}

std::string WrittenPair(const StatedTruth& stated) {
  return Concat(
      {"latitude '", Written(stated.latitude), "', longitude '", Written(stated.longitude), "'"});
}

// What tables write for nothing. "NA" is Namibia.
bool IsNothing(const FieldValue& value) {
  if (!value.present()) return true;
  if (value.kind != FieldValue::Kind::kText) return false;
  const std::string lower = AsciiLower(Trim(value.text));
  return lower.empty() || lower == "nan" || lower == "null" || lower == "none";
}

bool IsNearCountry(const std::string& code, const LatLng& point) {
  return CountryContains(code, point) || DistanceToCountryKm(code, point) <= TruthJudge::kCoastKm;
}

std::string Text(const LatLng& point) {
  return Concat({FormatShortest(point.latitude_deg), ", ", FormatShortest(point.longitude_deg)});
}

}  // namespace

std::optional<NumberPair> SplitPair(std::string_view text) {
  text = Trim(text);
  if (!text.empty() && (text.front() == '[' || text.front() == '(')) text.remove_prefix(1);
  if (!text.empty() && (text.back() == ']' || text.back() == ')')) text.remove_suffix(1);
  text = Trim(text);
  size_t cut = text.find_first_of(",;");
  if (cut == std::string_view::npos) cut = text.find_first_of(" \t");
  if (cut == std::string_view::npos) return std::nullopt;
  NumberPair pair;
  pair.first.kind = pair.second.kind = FieldValue::Kind::kText;
  pair.first.text = Trim(text.substr(0, cut));
  pair.second.text = Trim(text.substr(cut + 1));
  return pair;
}

const std::string& TruthJudge::CodeOf(const std::string& country) {
  if (codes_.size() >= kMaxCodes) codes_.clear();
  const auto [entry, is_new] = codes_.try_emplace(country);
  if (is_new) {
    if (const Country* known = FindCountryByName(country)) entry->second = known->code;
  }
  return entry->second;
}

bool TruthJudge::IsCentroid(const std::string& country_code, const LatLng& point) {
  const auto [entry, is_new] = centroids_.try_emplace(country_code);
  if (is_new) {
    if (const auto extent = ExtentOfCountry(country_code)) entry->second = extent->centroid;
  }
  return entry->second && GeodesicDistanceKm(*entry->second, point) <= kCentroidKm;
}

JudgedTruth TruthJudge::Judge(const StatedTruth& stated) {
  JudgedTruth truth;
  const auto reject = [&](std::string reason, std::string detail) {
    truth.rejected = std::move(reason);
    truth.detail = std::move(detail);
    return truth;
  };
  const bool has_point = !IsNothing(stated.latitude) || !IsNothing(stated.longitude);
  if (has_point) {
    const auto latitude = stated.latitude.AsNumber();
    const auto longitude = stated.longitude.AsNumber();
    if (!latitude || !longitude) {
      return reject("unparsable_coordinates",
                    "expected two numbers of degrees, found " + WrittenPair(stated));
    }
    truth.point = LatLng::FromDegrees(*latitude, *longitude);
    if (!truth.point) {
      return reject(
          "coordinates_out_of_range",
          "expected latitude within -90 and 90 and longitude within -180 and 180, found " +
              WrittenPair(stated));
    }
    truth.point->latitude_deg += 0.0;  // -0 becomes 0
    truth.point->longitude_deg += 0.0;
    if (truth.point->longitude_deg == -180) truth.point->longitude_deg = 180;
  }
  const std::string country(Trim(stated.country));
  const std::string lower = AsciiLower(country);
  const bool has_country = !country.empty() && lower != "nan" && lower != "null";
  if (has_country) truth.country_code = CodeOf(country);
  if (!has_point) {
    if (!has_country) {
      return reject("no_truth", "expected coordinates or a country, found neither");
    }
    if (truth.country_code.empty()) {
      return reject(
          "unknown_country",
          Concat({"expected a country's ISO 3166-1 code or English name, found '", country, "'"}));
    }
    if (stated.centroid) {
      truth.flags.push_back(
          {"country_centroid", false, "its point stands for an area: only the country counts"});
    }
    return truth;
  }

  const auto flag = [&](std::string reason, bool drops, std::string detail) {
    truth.flags.push_back({std::move(reason), drops, std::move(detail)});
  };
  if (truth.point->latitude_deg == 0 && truth.point->longitude_deg == 0) {
    flag("zero_coordinates", true, "both coordinates are 0");
    return truth;
  }
  if (has_country && truth.country_code.empty()) {
    flag("unknown_country", false, Concat({"found '", country, "'"}));
  }
  if (truth.country_code.empty()) {
    truth.country_code = CountryCodeWithin(*truth.point, kCoastKm);
  } else if (!IsNearCountry(truth.country_code, *truth.point)) {
    const auto exchanged =
        LatLng::FromDegrees(truth.point->longitude_deg, truth.point->latitude_deg);
    if (exchanged && IsNearCountry(truth.country_code, *exchanged)) {
      flag("swapped_coordinates", true,
           Concat({Text(*truth.point), " is not in ", truth.country_code, ", ", Text(*exchanged),
                   " is"}));
    } else {
      const std::string_view found = CountryCodeWithin(*truth.point, kCoastKm);
      flag("country_mismatch", false,
           Concat({Text(*truth.point), " is in ", found.empty() ? "no country" : found, ", not in ",
                   truth.country_code}));
    }
  }
  if (stated.centroid) {
    flag("country_centroid", false,
         Text(*truth.point) + " stands for an area: only the country counts");
    if (!truth.country_code.empty()) truth.point.reset();
  } else if (!truth.country_code.empty() && IsCentroid(truth.country_code, *truth.point)) {
    flag("country_centroid", false, Text(*truth.point) + " is the middle of " + truth.country_code);
  }
  return truth;
}

}  // namespace gre
