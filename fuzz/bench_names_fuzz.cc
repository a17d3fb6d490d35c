// Names in replies: any text is read, what was read is geocoded or refused with a reason.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bench/name_geocoder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const gre::Gazetteer gazetteer = *gre::Gazetteer::FromCsv(
      "lat,lon,name,admin1,admin2,cc\n"
      "42.73,-84.48,East Lansing,Michigan,Ingham County,US\n"
      "35.01,135.76,Kyoto,Kyoto,,JP\n");
  gre::NameGeocoder geocoder(gazetteer);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const gre::AnsweredName& name : {gre::ReadAnsweredName(text), gre::SplitName(text)}) {
    const auto found = geocoder.Find(name);
    if (found.point.has_value() == !found.reason.empty()) std::abort();
    if (name.empty() && found.point) std::abort();
  }
  return 0;
}
