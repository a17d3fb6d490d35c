#include "knowledge/populations.h"

#include <cmath>

#include "core/file.h"
#include "core/strings.h"

namespace gre {

Result<std::vector<PopulatedPlace>> ParsePopulations(std::string_view csv) {
  constexpr std::string_view kHeader = "lat,lon,cc,population";
  const std::vector<std::string_view> lines = Split(csv, '\n');
  if (Trim(lines.front()) != kHeader) {
    return Error{ErrorCode::kInvalidInput, Concat({"line 1: expected '", kHeader, "'"})};
  }
  std::vector<PopulatedPlace> places;
  places.reserve(lines.size());
  for (size_t i = 1; i < lines.size(); ++i) {
    if (Trim(lines[i]).empty()) continue;
    const std::vector<std::string_view> cells = Split(Trim(lines[i]), ',');
    const auto number = [&](size_t cell) {
      return cell < cells.size() ? ParseDouble(cells[cell]) : std::nullopt;
    };
    const auto latitude = number(0);
    const auto longitude = number(1);
    const auto people = number(3);
    constexpr double kMostPeople = 1e9;
    const auto position =
        latitude && longitude ? LatLng::FromDegrees(*latitude, *longitude) : std::nullopt;
    if (cells.size() != 4 || cells[2].size() != 2 || !position || !people || !(*people >= 0) ||
        *people > kMostPeople) {
      return Error{ErrorCode::kInvalidInput,
                   Concat({"line ", std::to_string(i + 1), ": expected ", kHeader, ", found '",
                           ReplaceInvalidUtf8(std::string(lines[i].substr(0, 100))), "'"})};
    }
    PopulatedPlace place;
    place.position = *position;
    place.country_code = {cells[2][0], cells[2][1]};
    place.people = std::llround(*people);
    places.push_back(place);
  }
  return places;
}

Result<std::vector<PopulatedPlace>> ReadPopulations(const std::string& folder) {
  constexpr size_t kMaxBytes = size_t{256} << 20;
  const std::string path = folder + "/populations.csv";
  if (!FileExists(path)) {
    return Error{ErrorCode::kUnavailable, path +
                                              ": the populations of GeoNames are not there; run "
                                              "tools/setup/fetch_geodata.sh"};
  }
  GRE_ASSIGN_OR_RETURN(const std::string csv, ReadFile(path, kMaxBytes));
  auto places = ParsePopulations(csv);
  if (!places.ok()) return std::move(places).error().Wrap(path);
  return places;
}

}  // namespace gre
