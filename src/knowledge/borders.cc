#include "knowledge/borders.h"

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
  return Table().ExtentOf(country_code);
}

std::span<const Polyline> WorldOutline() { return Table().outline(); }

std::span<const Polyline> WorldBorders() { return Table().borders(); }

}  // namespace gre
