#include "knowledge/admin_match.h"

namespace gre {

AdminMatch MatchAdmin(const AdminNames& answer, const AdminNames& truth) {
  const bool country = answer.country_code == truth.country_code;
  const bool region = country && answer.region == truth.region;
  const bool sub_region = region && answer.sub_region == truth.sub_region;
  const bool city = sub_region && answer.city == truth.city;
  const auto applies = [](std::string_view name, bool equal) {
    return name.empty() ? std::nullopt : std::optional(equal);
  };
  return {applies(truth.country_code, country), applies(truth.region, region),
          applies(truth.sub_region, sub_region), applies(truth.city, city)};
}

std::vector<AdminNames> AdminNamesOf(std::span<const LatLng> points, const Gazetteer& gazetteer,
                                     Gazetteer::Metric metric, int threads) {
  std::vector<AdminNames> names;
  names.reserve(points.size());
  for (const Gazetteer::PlaceId id : gazetteer.NearestAll(points, metric, threads)) {
    AdminNames& found = names.emplace_back();
    if (id == Gazetteer::kNoPlace) continue;
    const Gazetteer::PlaceView place = gazetteer.PlaceAt(id);
    found = {place.country_code, place.region, place.sub_region, place.name};
  }
  return names;
}

}  // namespace gre
