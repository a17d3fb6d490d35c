#include "rewards/rewards.h"

#include <cmath>

#include "core/check.h"
#include "core/strings.h"
#include "geo/geodesic.h"
#include "reasoning/answer_parser.h"
#include "reasoning/reply.h"

namespace gre {

double DistanceReward(double distance_km, double theta_km) {
  GRE_CHECK(distance_km >= 0 && theta_km > 0);
  const double decay = std::exp(-distance_km / theta_km);
  return 2 * decay / (1 + decay);
}

double GeoReward(std::string_view completion, const LatLng& truth, double theta_km) {
  const ParsedAnswer answer = ParseReply(completion, {.require_block = true});
  if (!answer.point) return 0;
  return DistanceReward(GeodesicDistanceKm(*answer.point, truth), theta_km);
}

double FormatReward(std::string_view completion) {
  constexpr std::string_view kOpenThink = "<think>";
  constexpr std::string_view kCloseThink = "</think>";
  constexpr std::string_view kOpenAnswer = "<answer>";
  constexpr std::string_view kCloseAnswer = "</answer>";
  if (!completion.starts_with(kOpenThink) || !completion.ends_with(kCloseAnswer)) return 0;
  std::string_view middle = completion.substr(kOpenThink.size());
  for (size_t at = middle.find(kCloseThink); at != std::string_view::npos;
       at = middle.find(kCloseThink)) {
    middle.remove_prefix(at + kCloseThink.size());
    const size_t answer = middle.find_first_not_of(" \t\n\r\f\v");
    if (answer != std::string_view::npos && middle.substr(answer).starts_with(kOpenAnswer) &&
        middle.size() >= answer + kOpenAnswer.size() + kCloseAnswer.size()) {
      return 1;
    }
  }
  return 0;
}

std::optional<bool> ParseVerdict(std::string_view text) {
  text = Trim(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::string verdict = AsciiLower(text);
  if (verdict == "true" || verdict == "yes" || verdict == "truth") return true;
  if (verdict == "false" || verdict == "no") return false;
  return std::nullopt;
}

double JudgeReward(std::string_view completion, bool label) {
  const ReplyParts parts = SplitReply(completion);
  if (!parts.answer) return 0;
  return ParseVerdict(*parts.answer) == label ? 1 : 0;
}

}  // namespace gre
