#pragma once

#include <optional>
#include <string>

#include "dataset/photo_table.h"
#include "dataset/teacher/reply_table.h"
#include "geo/lat_lng.h"

namespace gre {

// Reads reply.text as `gre locate` does and compares it with the photo's truth: fills reading,
// point, deviation_km (WGS-84 geodesic; where the truth is a point), in_country (where it has a
// country: its land, and the sea up to 22.224 km off, which are 12 nautical miles), steps and
// findings.
//
// `findings` is a JSON array of {"against": "answer" | "truth", "kind", "step", "claimed",
// "expected"}: steps that contradict the reply's own answer, and steps that contradict the truth
// (reasoning/contradictions.h); against a truth that is a country alone only what holds for all of
// it is checked: country, continent, driving side, script, language.
//
// `json_fields_only`: coordinates count only where they are "latitude" and "longitude" fields.
// Pure, thread-safe.
void ReadReply(const Photo& photo, bool json_fields_only, Reply& reply);

// Whether an answer counts as right: not farther than theta from a truth that is a point, inside
// the country where the truth is a country alone. A reply without a point is neither.
std::optional<bool> IsRight(const Photo& photo, const Reply& reply, double theta_km);

}  // namespace gre
