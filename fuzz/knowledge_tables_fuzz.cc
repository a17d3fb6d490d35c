// The places table and the border table: damaged bytes are refused, others answer queries.
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "knowledge/border_table.h"
#include "knowledge/country_facts.h"
#include "knowledge/gazetteer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto gazetteer = gre::Gazetteer::FromCsv(text); gazetteer.ok()) {
    (void)gazetteer->Nearest({1, 2});
    (void)gazetteer->NearestAll(std::vector<gre::LatLng>{{1, 2}, {-89, 179}});
    (void)gazetteer->FindByName(text);
    (void)gazetteer->PlacesIn("FR");
  }
  if (const auto table = gre::BorderTable::Decode(std::as_bytes(std::span(data, size)));
      table.ok()) {
    (void)table->AreaAt({1, 2});
    (void)table->NearestTo({1, 2});
  }
  (void)gre::FindCountryByName(text);
  return 0;
}
