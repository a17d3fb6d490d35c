#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace gre {

// The five families of evidence of the GRE instruction, in its order of priority, and two of ours:
// `attribute` for the embedded model's table facts, `other` for text that fits nowhere.
enum class Family { kStreetLevel, kText, kVegetation, kTerrain, kTransport, kAttribute, kOther };

// What a clue is, after the indicator taxonomy of GREval-Bench (explicit, implicit, other), plus
// the attributes that the embedded model states. `language` and `climate` belong to both lists.
enum class Indicator {
  // explicit
  kNatureLandmark,
  kIconicBuilding,
  kLanguage,
  kSymbolic,
  // implicit
  kGeographicalFeatures,
  kArchitecturalStyle,
  kSocialCharacteristics,
  kClimate,
  // other
  kFaceCloseUp,
  kObjectCentric,
  kMiscellaneous,
  // attributes of the place
  kPhotoKind,
  kHemisphere,
  kContinent,
  kSubRegion,
  kDrivingSide,
  kScript,
  kCountry,
};

enum class IndicatorGroup { kExplicit, kImplicit, kOther, kAttribute };

struct FamilyInfo {
  Family family;
  std::string_view name;   // in records and in the grammar: "street_level"
  std::string_view title;  // for people: "Street-level analysis"
  std::string_view scope;  // what the step looks at, one phrase
};

struct IndicatorInfo {
  Indicator indicator;
  std::string_view name;  // "nature_landmark"
  IndicatorGroup group;
  std::string_view meaning;  // one phrase
};

// Both tables are complete and in the order of their enumeration.
std::span<const FamilyInfo> Families();
std::span<const IndicatorInfo> Indicators();

const FamilyInfo& Describe(Family family);
const IndicatorInfo& Describe(Indicator indicator);
inline std::string_view FamilyName(Family family) { return Describe(family).name; }
inline std::string_view IndicatorName(Indicator indicator) { return Describe(indicator).name; }
std::string_view IndicatorGroupName(IndicatorGroup group);  // "explicit", …

// By the exact name in records; nullopt for any other text.
std::optional<Family> FamilyFromName(std::string_view name);
std::optional<Indicator> IndicatorFromName(std::string_view name);

// What a heading or field of a real model's reply announces.
struct HeadingMeaning {
  Family family = Family::kOther;
  std::optional<Indicator> indicator = std::nullopt;
};

// By the key words of the heading ("Textual clues", "text_and_signage", "Vegetation/biome", "Urban
// context"); nullopt when it names no kind of evidence or is longer than a heading.
std::optional<HeadingMeaning> ReadHeading(std::string_view heading);

}  // namespace gre
