#include "dataset/teacher/reply_reading.h"

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "geo/geodesic.h"
#include "knowledge/borders.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"
#include "reasoning/contradictions.h"

namespace gre {
namespace {

constexpr double kTerritorialSeaKm = 22.224;  // 12 nautical miles

void AddFindings(const Chain& chain, const LatLng& point, std::string_view against,
                 bool whole_country, Json& findings) {
  for (const Contradiction& found : FindContradictions(chain, point)) {
    const bool varies_inside = found.kind == ContradictionKind::kHemisphere ||
                               found.kind == ContradictionKind::kClimate ||
                               found.kind == ContradictionKind::kSwappedPair;
    if (whole_country && varies_inside) continue;
    findings.push_back({{"against", against},
                        {"kind", ContradictionKindName(found.kind)},
                        {"step", found.step},
                        {"claimed", found.claimed},
                        {"expected", found.expected}});
  }
}

// A point that stands for the whole country: its middle where that lies inside.
std::optional<LatLng> PointInside(const std::string& country_code) {
  const std::optional<CountryExtent> extent = ExtentOfCountry(country_code);
  if (!extent || !CountryContains(country_code, extent->centroid)) return std::nullopt;
  return extent->centroid;
}

}  // namespace

void ReadReply(const Photo& photo, bool json_fields_only, Reply& reply) {
  const ParsedAnswer answer = ParseReply(reply.text);
  const bool counts = !json_fields_only || answer.form == AnswerForm::kJsonFields;
  reply.point = counts ? answer.point : std::nullopt;
  const bool refused = answer.status == AnswerStatus::kRefused || answer.placeholder_suspected;
  reply.reading = reply.point && !answer.placeholder_suspected ? ReplyReading::kOk
                  : refused                                    ? ReplyReading::kRefused
                                                               : ReplyReading::kUnparsed;
  if (reply.reading != ReplyReading::kOk) reply.point.reset();
  reply.deviation_km.reset();
  reply.in_country.reset();
  const Chain chain = ParseChain(reply.text);
  reply.steps = static_cast<int64_t>(chain.size());
  Json findings = Json::array();
  if (reply.point) {
    if (photo.point) reply.deviation_km = GeodesicDistanceKm(*reply.point, *photo.point);
    if (!photo.country_code.empty()) {
      reply.in_country = CountryContains(photo.country_code, *reply.point) ||
                         CountryCodeWithin(*reply.point, kTerritorialSeaKm) == photo.country_code;
    }
    AddFindings(chain, *reply.point, "answer", false, findings);
  }
  const std::optional<LatLng> truth = photo.point ? photo.point : PointInside(photo.country_code);
  if (truth) AddFindings(chain, *truth, "truth", !photo.point, findings);
  reply.findings = DumpJson(findings);
}

std::optional<bool> IsRight(const Photo& photo, const Reply& reply, double theta_km) {
  if (reply.reading != ReplyReading::kOk) return std::nullopt;
  if (photo.point) {
    if (!reply.deviation_km) return std::nullopt;
    return *reply.deviation_km <= theta_km;
  }
  return reply.in_country;
}

}  // namespace gre
