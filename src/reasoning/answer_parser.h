#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "geo/lat_lng.h"

namespace gre {

// Reads the coordinates out of a model's reply.
//
// Goal: accept every way of writing one place that real models use, and never a place that nobody
// wrote. Order comes from labels, hemisphere letters or the notation where there are any, otherwise
// it is latitude first; magnitude never decides it. Whatever contradicts itself (two latitudes, a
// minus sign beside "N", minutes above 60, a value out of range) is unparsed, with the reason; a
// weaker reading is not tried after a stronger one failed. Linear time, no backtracking.

enum class AnswerStatus {
  kParsed,
  kRefused,   // the model declines: "cannot be determined", "Unknown", empty fields
  kUnparsed,  // no coordinates, or contradictory or impossible ones
};

// The notation that was met, strongest first; the parser tries them in this order.
enum class AnswerForm {
  kNone,
  kGeoUri,       // geo:48.8584,2.2945 (RFC 5870)
  kWkt,          // POINT(2.2945 48.8584), longitude first (OGC simple features)
  kGeoJson,      // "type": "Point", "coordinates": [2.2945, 48.8584], longitude first (RFC 7946)
  kMapUrl,       // #map=15/48.8584/2.2945, !3d48.8584!4d2.2945
  kJsonFields,   // "latitude": 48.8584, "longitude": "2.2945": labels that are quoted keys
  kLabelled,     // Latitude: 48.8584 …, 纬度 48.8584 …, (lat, lon) = (48.8584, 2.2945)
  kHemispheres,  // 48.8584 N, 2.2945 E in either order
  kIso6709,      // +48.8584+002.2945/
  kBarePair,     // 48.8584, 2.2945
};

std::string_view AnswerStatusName(AnswerStatus status);  // "parsed", "refused", "unparsed"
std::string_view AnswerFormName(AnswerForm form);        // "none", "geo_uri", …, "bare_pair"

struct ParsedAnswer {
  AnswerStatus status = AnswerStatus::kUnparsed;
  std::optional<LatLng> point;          // set exactly when status is kParsed
  AnswerForm form = AnswerForm::kNone;  // the notation met, also when its values were refused
  bool sexagesimal = false;             // degrees and minutes were written
  bool decimal_comma = false;
  // The values are impossible as written and would be possible with latitude and longitude
  // exchanged. They are not exchanged: status is kUnparsed.
  bool swap_suspected = false;
  // The answer is exactly 0, 0 beside words that decline ("unknown"): most likely a placeholder. It
  // stays parsed, as scores of published outputs count it; who locates should take it as a refusal.
  bool placeholder_suspected = false;
  std::string reason;  // one line, empty when parsed
};

struct AnswerOptions {
  // Only an <answer> block counts (what rewards need). Otherwise a reply without any marks is read
  // as a whole; prose around the numbers then makes bare pairs count only with decimals in both.
  bool require_block = false;
  // Also read an <answer> at the end that was never closed. For replies that a stop string ended;
  // not for ones that a token limit cut, whose last number may lack digits.
  bool accept_open_block = false;
};

// Replies longer than this are unparsed.
inline constexpr size_t kMaxReplyBytes = size_t{1} << 20;

// The coordinates of a whole reply: of its last complete <answer> block outside <think>.
ParsedAnswer ParseReply(std::string_view reply, const AnswerOptions& options = {});

// The coordinates in the inside of an answer block.
ParsedAnswer ParseAnswerText(std::string_view answer);

// "48.8584, 2.2945": latitude first, decimal degrees.
std::string RenderAnswer(const LatLng& point, int decimals = 4);

}  // namespace gre
