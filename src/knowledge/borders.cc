#include "knowledge/borders.h"

#include <map>
#include <mutex>
#include <string>

#include "core/check.h"
#include "knowledge/border_table.h"
#include "knowledge/embedded_data.h"

namespace gre {
namespace {

const BorderTable& Table() {
  static const BorderTable table = [] {
    Result<BorderTable> decoded = BorderTable::Decode(BorderBytes());
    GRE_CHECK(decoded.ok());
    return std::move(decoded).value();
  }();
  return table;
}

}  // namespace

std::optional<LandArea> LandAreaAt(const LatLng& point) { return Table().AreaAt(point); }

NearestLand NearestLandTo(const LatLng& point) { return Table().NearestTo(point); }

std::string_view CountryCodeWithin(const LatLng& point, double max_km) {
  return Table().CountryCodeWithin(point, max_km);
}

double DistanceToCountryKm(std::string_view country_code, const LatLng& point) {
  return Table().DistanceToCountryKm(country_code, point);
}

bool CountryContains(std::string_view country_code, const LatLng& point) {
  return Table().CountryContains(country_code, point);
}

std::optional<CountryExtent> ExtentOfCountry(std::string_view country_code) {
  // Which rings are holes is found by comparing all with all: once a country.
  static std::mutex mutex;
  static std::map<std::string, std::optional<CountryExtent>, std::less<>> extents;
  const std::scoped_lock lock(mutex);
  auto known = extents.find(country_code);
  if (known == extents.end()) {
    known = extents.emplace(country_code, Table().ExtentOf(country_code)).first;
  }
  return known->second;
}

std::span<const Polyline> WorldOutline() { return Table().outline(); }

std::span<const Polyline> WorldBorders() { return Table().borders(); }

}  // namespace gre
