#pragma once

#include <string>

#include "geo/lat_lng.h"
#include "localizer/locate_result.h"

namespace gre {

// The words that the terminal report, the page and the descriptions in map files share. Plain text
// of valid UTF-8 without control characters; callers escape it for their format.

// "48.8584° N, 2.2945° E"; "deg" for the sign where `unicode` is false.
std::string CoordinatesText(const LatLng& point, int decimals = 4, bool unicode = true);
// "350 m", "12 km", "1,250 km": about three significant digits.
std::string DistanceText(double distance_km);
// "72 %", "< 1 %".
std::string PercentText(double fraction);
// "12 km (50 %), 90 km (90 %)"; ", as far as --within reaches" where an area was given.
std::string RadiusText(const LocateResult& result);
// "72 % for the country (calibrated)": what the number is, and where it is from.
std::string ConfidenceText(const LocateAnswer& answer);
// "GPS metadata, 12 km from the answer", of a result with a metadata position.
std::string MetadataText(const LocateResult& result);
// "812 km between two samples on average"; empty where nothing was compared.
std::string SpreadText(const LocateResult& result);
// "Alternatives" to an answer; without one "Guesses" or, of a single sample, "Likeliest guess".
std::string AlternativesTitle(const LocateResult& result);

// "Olomouc, Olomoucký, Czechia"; "34 km from Olomouc, …" where the place is not near; "open sea,
// 340 km off Portugal", within its 12 nautical miles "at sea, 4.0 km off Portugal"; coordinates
// when nothing is known. A dispute is named.
std::string PlaceText(const Place& place, const LatLng& point);

// One line on an abstention or a failure; empty for an answer that stands.
std::string StatusText(const LocateResult& result);

// "gre-nano (embedded), 8 samples, seed 0, 0.4 s"
std::string EngineText(const LocateResult& result);

// The embedded model's pointer to better ones; empty for other engines.
std::string ModelHint(const LocateResult& result);

}  // namespace gre
