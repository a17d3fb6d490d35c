#include "dataset/teacher/attribute_chain.h"

#include <string_view>
#include <vector>

#include "core/strings.h"
#include "knowledge/climate.h"
#include "reasoning/answer_parser.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

constexpr std::string_view kNone = "none";  // a place without people or without land climate

struct Attributes {
  PhotoKind kind = PhotoKind::kStreet;
  bool southern = false;
  std::string_view climate = kNone;
};

Chain MakeChain(const Attributes& attributes, const Country& country) {
  Chain chain;
  const auto add = [&](Indicator indicator, std::string_view inference) {
    ChainStep step;
    step.family = Family::kAttribute;
    step.indicator = indicator;
    step.inference = std::string(inference);
    chain.push_back(std::move(step));
  };
  const auto first = [](const std::vector<std::string>& names) {
    return names.empty() ? kNone : std::string_view(names.front());
  };
  add(Indicator::kPhotoKind,
      attributes.kind == PhotoKind::kStreet ? "street-level survey camera" : "ordinary photo");
  add(Indicator::kHemisphere, attributes.southern ? "southern hemisphere" : "northern hemisphere");
  add(Indicator::kContinent, country.continent);
  add(Indicator::kSubRegion, country.subregion);
  add(Indicator::kDrivingSide,
      "drives on the " + std::string(DrivingSideName(country.driving_side)));
  add(Indicator::kScript, first(country.scripts));
  add(Indicator::kLanguage, first(country.languages));
  ChainStep place;
  place.family = Family::kAttribute;
  place.indicator = Indicator::kCountry;
  place.hypothesis = country.name;
  chain.push_back(std::move(place));
  add(Indicator::kClimate, attributes.climate);
  return chain;
}

std::string_view ClimateName(const LatLng& point) {
  const auto zone = ClimateZoneAt(point);
  return zone ? zone->description : kNone;
}

// Every class of the climate map, found by visiting each of its cells.
std::set<std::string_view> ClimateNames() {
  std::set<std::string_view> names = {kNone};
  for (double latitude = -89.875; latitude < 90; latitude += 0.25) {
    for (double longitude = -179.875; longitude < 180; longitude += 0.25) {
      names.insert(ClimateName({latitude, longitude}));
    }
  }
  return names;
}

void AddLines(const Chain& chain, std::set<std::string>& lines) {
  const std::string text = RenderChain(chain);
  for (std::string_view line : Split(text, '\n')) {
    lines.insert(std::string(line) + "\n");
  }
}

}  // namespace

Chain AttributeChain(PhotoKind kind, const Country& country, const LatLng& point) {
  return MakeChain({kind, point.latitude_deg < 0, ClimateName(point)}, country);
}

std::string AttributeReply(PhotoKind kind, const Country& country, const LatLng& point) {
  return RenderReply(RenderChain(AttributeChain(kind, country, point)), RenderAnswer(point, 1));
}

std::set<std::string> AttributeLines() {
  std::set<std::string> lines;
  const std::span<const Country> countries = AllCountries();
  for (const Country& country : countries) {
    AddLines(MakeChain({PhotoKind::kStreet, false}, country), lines);
    AddLines(MakeChain({PhotoKind::kTravel, true}, country), lines);
  }
  for (std::string_view climate : ClimateNames()) {
    AddLines(MakeChain({.climate = climate}, countries.front()), lines);
  }
  return lines;
}

std::string CountryPhrase(const Country& country) {
  const std::string text = RenderChain(MakeChain({}, country));
  for (std::string_view line : Split(text, '\n')) {
    if (line.find("[attribute/country]") != std::string_view::npos) {
      return std::string(line) + "\n";
    }
  }
  return {};
}

}  // namespace gre
