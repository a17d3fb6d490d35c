#include "bench/records.h"

namespace gre {

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
