// GeoJSON of a search area: no input may crash or hang, and what is read must answer everywhere.
#include <cstdint>
#include <string_view>

#include "localizer/search_area.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto area = gre::SearchArea::FromGeoJson({reinterpret_cast<const char*>(data), size});
  if (area.ok()) {
    for (const double longitude_deg : {-180.0, 0.0, 179.5}) {
      (void)area->Contains({10, longitude_deg});
    }
  }
  return 0;
}
