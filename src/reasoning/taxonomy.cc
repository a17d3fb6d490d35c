#include "reasoning/taxonomy.h"

#include <array>

#include "core/check.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::array kFamilies = {
    FamilyInfo{Family::kStreetLevel, "street_level", "Street-level analysis",
               "buildings, street furniture, infrastructure"},
    FamilyInfo{Family::kText, "text", "Textual clues", "signs, number plates, languages, scripts"},
    FamilyInfo{Family::kVegetation, "vegetation", "Vegetation and biome",
               "plants and the biomes they grow in"},
    FamilyInfo{Family::kTerrain, "terrain", "Terrain", "landforms, rock, water"},
    FamilyInfo{Family::kTransport, "transport", "Transport and urban context",
               "vehicles, roads, tracks"},
    FamilyInfo{Family::kAttribute, "attribute", "Attributes of the place",
               "facts about the place that the embedded model names"},
    FamilyInfo{Family::kOther, "other", "Other", "everything else"},
};

constexpr std::array kIndicators = {
    IndicatorInfo{Indicator::kNatureLandmark, "nature_landmark", IndicatorGroup::kExplicit,
                  "a natural sight that is known by name"},
    IndicatorInfo{Indicator::kIconicBuilding, "iconic_building", IndicatorGroup::kExplicit,
                  "a landmark, monument or unusual structure"},
    IndicatorInfo{Indicator::kLanguage, "language", IndicatorGroup::kExplicit,
                  "the language of written text"},
    IndicatorInfo{Indicator::kSymbolic, "symbolic", IndicatorGroup::kExplicit,
                  "number plates, flags, currency, emblems"},
    IndicatorInfo{Indicator::kGeographicalFeatures, "geographical_features",
                  IndicatorGroup::kImplicit, "landforms, vegetation, water"},
    IndicatorInfo{Indicator::kArchitecturalStyle, "architectural_style", IndicatorGroup::kImplicit,
                  "building style and street layout"},
    IndicatorInfo{Indicator::kSocialCharacteristics, "social_characteristics",
                  IndicatorGroup::kImplicit, "clothing, customs, transport"},
    IndicatorInfo{Indicator::kClimate, "climate", IndicatorGroup::kImplicit,
                  "season, weather and climate zone"},
    IndicatorInfo{Indicator::kFaceCloseUp, "face_close_up", IndicatorGroup::kOther,
                  "a face fills the photo"},
    IndicatorInfo{Indicator::kObjectCentric, "object_centric", IndicatorGroup::kOther,
                  "an object fills the photo"},
    IndicatorInfo{Indicator::kMiscellaneous, "miscellaneous", IndicatorGroup::kOther,
                  "any other clue"},
    IndicatorInfo{Indicator::kPhotoKind, "photo_kind", IndicatorGroup::kAttribute,
                  "street-level or travel photo"},
    IndicatorInfo{Indicator::kHemisphere, "hemisphere", IndicatorGroup::kAttribute,
                  "northern or southern, western or eastern"},
    IndicatorInfo{Indicator::kContinent, "continent", IndicatorGroup::kAttribute, "continent"},
    IndicatorInfo{Indicator::kSubRegion, "sub_region", IndicatorGroup::kAttribute,
                  "part of a continent (UN M49)"},
    IndicatorInfo{Indicator::kDrivingSide, "driving_side", IndicatorGroup::kAttribute,
                  "traffic keeps left or right"},
    IndicatorInfo{Indicator::kScript, "script", IndicatorGroup::kAttribute,
                  "the script of public text"},
    IndicatorInfo{Indicator::kCountry, "country", IndicatorGroup::kAttribute, "country"},
};

struct HeadingWord {
  std::string_view word;  // lower case; matches at the start of a word of the heading
  HeadingMeaning meaning;
};

// The first entry whose word occurs decides, so the more telling words come first.
constexpr std::array kHeadingWords = {
    HeadingWord{"vegetation", {Family::kVegetation, {}}},
    HeadingWord{"biome", {Family::kVegetation, {}}},
    HeadingWord{"plant", {Family::kVegetation, {}}},
    HeadingWord{"flora", {Family::kVegetation, {}}},
    HeadingWord{"foliage", {Family::kVegetation, {}}},
    HeadingWord{"transport", {Family::kTransport, {}}},
    HeadingWord{"vehicle", {Family::kTransport, {}}},
    HeadingWord{"traffic", {Family::kTransport, {}}},
    HeadingWord{"driving", {Family::kTransport, {}}},
    HeadingWord{"urban context", {Family::kTransport, {}}},
    HeadingWord{"terrain", {Family::kTerrain, {}}},
    HeadingWord{"topograph", {Family::kTerrain, {}}},
    HeadingWord{"landform", {Family::kTerrain, {}}},
    HeadingWord{"landscape", {Family::kTerrain, {}}},
    HeadingWord{"geolog", {Family::kTerrain, {}}},
    HeadingWord{"license plate", {Family::kText, Indicator::kSymbolic}},
    HeadingWord{"licence plate", {Family::kText, Indicator::kSymbolic}},
    HeadingWord{"number plate", {Family::kText, Indicator::kSymbolic}},
    HeadingWord{"language", {Family::kText, Indicator::kLanguage}},
    HeadingWord{"script", {Family::kText, Indicator::kLanguage}},
    HeadingWord{"text", {Family::kText, {}}},
    HeadingWord{"sign", {Family::kText, {}}},
    HeadingWord{"writing", {Family::kText, {}}},
    HeadingWord{"landmark", {Family::kStreetLevel, Indicator::kIconicBuilding}},
    HeadingWord{"architect", {Family::kStreetLevel, Indicator::kArchitecturalStyle}},
    HeadingWord{"building", {Family::kStreetLevel, Indicator::kArchitecturalStyle}},
    HeadingWord{"street", {Family::kStreetLevel, {}}},
    HeadingWord{"infrastructure", {Family::kStreetLevel, {}}},
    HeadingWord{"cultural", {Family::kOther, Indicator::kSocialCharacteristics}},
    HeadingWord{"people", {Family::kOther, Indicator::kSocialCharacteristics}},
    HeadingWord{"clothing", {Family::kOther, Indicator::kSocialCharacteristics}},
    HeadingWord{"spatial", {Family::kOther, Indicator::kGeographicalFeatures}},
    HeadingWord{"climate", {Family::kOther, Indicator::kClimate}},
    HeadingWord{"weather", {Family::kOther, Indicator::kClimate}},
    HeadingWord{"season", {Family::kOther, Indicator::kClimate}},
};

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }

bool HasWordStart(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (at == 0 || !IsLetter(text[at - 1])) return true;
  }
  return false;
}

}  // namespace

std::span<const FamilyInfo> Families() { return kFamilies; }
std::span<const IndicatorInfo> Indicators() { return kIndicators; }

const FamilyInfo& Describe(Family family) {
  const FamilyInfo& info = kFamilies[static_cast<size_t>(family)];
  GRE_CHECK(info.family == family);
  return info;
}

const IndicatorInfo& Describe(Indicator indicator) {
  const IndicatorInfo& info = kIndicators[static_cast<size_t>(indicator)];
  GRE_CHECK(info.indicator == indicator);
  return info;
}

std::string_view IndicatorGroupName(IndicatorGroup group) {
  switch (group) {
    case IndicatorGroup::kExplicit:
      return "explicit";
    case IndicatorGroup::kImplicit:
      return "implicit";
    case IndicatorGroup::kOther:
      return "other";
    case IndicatorGroup::kAttribute:
      return "attribute";
  }
  return "";
}

std::optional<Family> FamilyFromName(std::string_view name) {
  for (const FamilyInfo& info : kFamilies) {
    if (info.name == name) return info.family;
  }
  return std::nullopt;
}

std::optional<Indicator> IndicatorFromName(std::string_view name) {
  for (const IndicatorInfo& info : kIndicators) {
    if (info.name == name) return info.indicator;
  }
  return std::nullopt;
}

std::optional<HeadingMeaning> ReadHeading(std::string_view heading) {
  constexpr size_t kLongestHeading = 80;
  if (heading.size() > kLongestHeading) return std::nullopt;
  const std::string lower = AsciiLower(heading);
  for (const HeadingWord& entry : kHeadingWords) {
    if (HasWordStart(lower, entry.word)) return entry.meaning;
  }
  return std::nullopt;
}

}  // namespace gre
