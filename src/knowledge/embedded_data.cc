#include "knowledge/embedded_data.h"

#include "core/embed.h"

// GRE_DATA_DIR is set for this file in src/CMakeLists.txt, with the tables as its dependencies.
GRE_EMBED(gre_countries_json, GRE_DATA_DIR "/countries.json");
GRE_EMBED(gre_climate_grid, GRE_DATA_DIR "/climate.bin");
GRE_EMBED(gre_border_table, GRE_DATA_DIR "/borders.bin");

namespace gre {

std::string_view CountriesJson() {
  return {reinterpret_cast<const char*>(gre_countries_json_begin),
          static_cast<size_t>(gre_countries_json_end - gre_countries_json_begin)};
}

std::span<const std::byte> ClimateGrid() { return {gre_climate_grid_begin, gre_climate_grid_end}; }

std::span<const std::byte> BorderBytes() { return {gre_border_table_begin, gre_border_table_end}; }

}  // namespace gre
