#pragma once

#include <optional>
#include <string_view>

#include "geo/lat_lng.h"

namespace gre {

// The rewards of GRE's reinforcement stages, from text to numbers. Pure, thread-safe, total: every
// completion has a finite reward.

// Stage II accuracy: 2 / (1 + exp(distance / theta)), 1 at distance 0, falling to 0; computed as
// 2 exp(-x) / (1 + exp(-x)), which neither overflows nor loses relative precision for large x.
// `distance_km` >= 0, `theta_km` > 0.
double DistanceReward(double distance_km, double theta_km);

// DistanceReward of the WGS-84 geodesic between the answer of `completion` and `truth`; 0 when its
// answer block holds no valid coordinates.
double GeoReward(std::string_view completion, const LatLng& truth, double theta_km);

// 1 when the whole completion is <think>…</think>, white space, <answer>…</answer>, else 0. White
// space before or after costs the reward, as in VLM-R1.
double FormatReward(std::string_view completion);

// True for "true", "yes" and GRE's "truth", false for "false" and "no": the text must be exactly
// one of them after trimming, case folding and one trailing full stop.
std::optional<bool> ParseVerdict(std::string_view text);

// Stage I accuracy: 1 when the verdict in the last complete answer block equals `label`, else 0.
double JudgeReward(std::string_view completion, bool label);

}  // namespace gre
