#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"
#include "knowledge/country_facts.h"
#include "reasoning/chain.h"

namespace gre {

// Checks of a chain against the point that was answered. A finding is a question to the reader, not
// a verdict: chains can be wrong where the point is right, and facts have exceptions.

enum class ContradictionKind {
  kCountry,      // the chain concludes with countries, none of which holds the point
  kContinent,    // an attribute step names another continent
  kHemisphere,   // … another hemisphere
  kDrivingSide,  // … or a sentence says that traffic keeps to the other side
  kScript,       // a script that no official language of the point's country is written in
  kLanguage,     // a language that is neither official nor widely spoken there
  kClimate,      // a climate that is met neither at the point nor around it
  kSwappedPair,  // latitude and longitude exchanged, the point would lie in the named country
};

std::string_view ContradictionKindName(ContradictionKind kind);  // "country", "driving_side", …
std::optional<ContradictionKind> ContradictionKindFromName(std::string_view name);

struct Contradiction {
  ContradictionKind kind = ContradictionKind::kCountry;
  size_t step = 0;       // index into the chain
  std::string claimed;   // by the chain: "France", "left"
  std::string expected;  // at the point: "Spain", "right"
  std::string message;   // one sentence
};

// Thread-safe. A point at sea is judged by land within 50 km; farther out only a country that the
// chain names can be contradicted. Other claimants of disputed land count as right, and so does
// what holds within 20 km of the point (borders, climates) or half a degree (hemispheres).
std::vector<Contradiction> FindContradictions(const Chain& chain, const LatLng& point);

}  // namespace gre
