#include "knowledge/embedded_data.h"

// GRE_DATA_DIR is set for this file in src/CMakeLists.txt, with the tables as its dependencies.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): .incbin needs a literal path
#define GRE_EMBED(symbol, file)                                                         \
  __asm__(                                                                              \
      ".pushsection .rodata\n"                                                          \
      ".balign 16\n" #symbol "_begin:\n.incbin \"" GRE_DATA_DIR "/" file "\"\n" #symbol \
      "_end:\n.byte 0\n"                                                                \
      ".popsection\n");                                                                 \
  extern "C" const std::byte symbol##_begin[];                                          \
  extern "C" const std::byte symbol##_end[]

GRE_EMBED(gre_countries_json, "countries.json");
GRE_EMBED(gre_climate_grid, "climate.bin");
GRE_EMBED(gre_border_table, "borders.bin");

namespace gre {

std::string_view CountriesJson() {
  return {reinterpret_cast<const char*>(gre_countries_json_begin),
          static_cast<size_t>(gre_countries_json_end - gre_countries_json_begin)};
}

std::span<const std::byte> ClimateGrid() { return {gre_climate_grid_begin, gre_climate_grid_end}; }

std::span<const std::byte> BorderBytes() { return {gre_border_table_begin, gre_border_table_end}; }

}  // namespace gre
