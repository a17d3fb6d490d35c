#include "cli/locate_summary.h"

#include "core/strings.h"
#include "report/text_escape.h"

namespace gre {

std::string LocateSummary(const LocateResult& result) {
  std::string line = PlainLine(result.file) + "  ";
  if (result.metadata_gps) {
    line += "GPS " + FormatFixed(result.metadata_gps->latitude_deg, 4) + ", " +
            FormatFixed(result.metadata_gps->longitude_deg, 4) + "  ";
  }
  if (result.error) {
    return line + "failed: " + PlainLine(result.error->message);
  }
  if (result.answer) {
    const LocateAnswer& answer = *result.answer;
    line += FormatFixed(answer.point.latitude_deg, 4) + ", " +
            FormatFixed(answer.point.longitude_deg, 4) + "  within " +
            FormatFixed(answer.radius_p90_km, 0) + " km  " +
            FormatFixed(answer.confidence * 100, 0) + " %";
    for (const std::string& part : {answer.place.region, answer.place.country}) {
      line += part.empty() ? "" : "  " + PlainLine(part);
    }
  }
  if (result.status == LocateStatus::kAbstained) {
    line += (result.answer ? "  (cannot tell: " : "cannot tell: ") +
            PlainLine(result.abstention_reason) + (result.answer ? ")" : "");
  }
  return line;
}

}  // namespace gre
