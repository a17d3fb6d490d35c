#include "dataset/teacher/point_sampler.h"

#include <cmath>
#include <optional>
#include <utility>

#include "core/strings.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"
#include "knowledge/country_points.h"
#include "knowledge/place_namer.h"

namespace gre {

PointSampler::PointSampler(std::map<std::string, std::vector<LatLng>> points)
    : points_(std::move(points)) {}

Result<PointSampler> PointSampler::FromGallery(std::string_view gallery_csv) {
  std::map<std::string, std::vector<LatLng>> points;
  size_t number = 0;
  for (std::string_view line : Split(gallery_csv, '\n')) {
    ++number;
    if (number == 1 || Trim(line).empty()) {
      continue;
    }
    const auto fields = Split(Trim(line), ',');
    std::optional<LatLng> point;
    if (fields.size() == 2) {
      const auto latitude = ParseDouble(fields[0]);
      const auto longitude = ParseDouble(fields[1]);
      point = latitude && longitude ? LatLng::FromDegrees(*latitude, *longitude) : std::nullopt;
    }
    if (!point) {
      return Error{ErrorCode::kInvalidInput, "gallery line " + std::to_string(number) +
                                                 ": expected LAT,LON in degrees, found '" +
                                                 std::string(Trim(line)) + "'"};
    }
    const auto area = LandAreaAt(*point);
    if (area && !area->country_code.empty() &&
        CountryCodeAt(RoundToTenth(*point)) == area->country_code) {
      points[area->country_code].push_back(*point);
    }
  }
  return PointSampler(std::move(points));
}

void PointSampler::AddPlaces(const Gazetteer& gazetteer, size_t fewest) {
  for (const Country& country : AllCountries()) {
    std::vector<LatLng>& points = points_[country.code];
    if (points.size() >= fewest) continue;
    for (const LatLng& place : SampleCountryPoints(gazetteer, country.code)) {
      if (CountryCodeAt(RoundToTenth(place)) == country.code) points.push_back(place);
    }
  }
}

std::vector<LatLng> PointSampler::FixedPoints(const std::string& country_code, size_t most) const {
  const auto place = points_.find(country_code);
  if (place == points_.end()) return {};
  std::vector<LatLng> points = place->second;
  Random random(HashSeed(0, country_code));
  random.Shuffle(points);
  if (points.size() > most) points.resize(most);
  return points;
}

PointSampler::Halves PointSampler::Divide(uint64_t seed) const {
  std::map<std::string, std::vector<LatLng>> first, second;
  for (const auto& [country, all] : points_) {
    std::vector<LatLng> points = all;
    Random random(HashSeed(seed, country));
    random.Shuffle(points);
    const auto middle = points.begin() + static_cast<std::ptrdiff_t>((points.size() + 1) / 2);
    first[country].assign(points.begin(), middle);
    second[country].assign(points.size() == 1 ? points.begin() : middle, points.end());
  }
  return {PointSampler(std::move(first)), PointSampler(std::move(second))};
}

std::string PointSampler::ToGallery() const {
  std::string lines = "LAT,LON\n";
  for (const auto& [country, points] : points_) {
    for (const LatLng& point : points) {
      lines += Concat(
          {FormatShortest(point.latitude_deg), ",", FormatShortest(point.longitude_deg), "\n"});
    }
  }
  return lines;
}

Result<LatLng> PointSampler::Draw(const std::string& country_code, Random& random) const {
  const auto it = points_.find(country_code);
  if (it == points_.end() || it->second.empty()) {
    return Error{ErrorCode::kNotFound, "no point to draw lies in country " + country_code};
  }
  return RoundToTenth(it->second[random.Below(it->second.size())]);
}

LatLng RoundToTenth(const LatLng& point) {
  const auto round = [](double degrees) { return std::round(degrees * 10) / 10; };
  return {round(point.latitude_deg), round(point.longitude_deg)};
}

}  // namespace gre
