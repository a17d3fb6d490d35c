#include "bench/records.h"

#include "knowledge/place_namer.h"

namespace gre {

std::string TruthCountryCode(const TruthRecord& truth) {
  if (!truth.country_code.empty() || !truth.point) return truth.country_code;
  return CountryCodeAt(*truth.point);
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kParsed:
      return "parsed";
    case Outcome::kUnparsed:
      return "unparsed";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kEngineError:
      break;
  }
  return "engine_error";
}

}  // namespace gre
