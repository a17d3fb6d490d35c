#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"
#include "reasoning/answer_parser.h"

namespace gre {

// What a benchmark knows about a photo, and what a system said about it. Plain values.

// Where a photo was really taken.
struct TruthRecord {
  std::string id = {};
  std::optional<LatLng> point = {};  // absent: only the country is known
  // How far off `point` may be; distances finer than this are not applicable. 0 = exact.
  double precision_km = 0;
  std::string country_code = {};  // ISO 3166-1 alpha-2; empty: unknown
  std::string image = {};         // path or hash of the photo; empty: not stated
  std::string image_sha256 = {};  // of the photo's file, 64 hex digits; empty: not stated
  // What the photo shows, by name of the label: "category" (GREval's scenes), "environment"
  // (outdoor, indoor), "indicator" (explicit, implicit) and whatever else the file holds.
  std::map<std::string, std::string, std::less<>> labels = {};
  // What an annotated benchmark says that a chain should hold (GREval).
  std::vector<std::string> indicators = {};    // places and features that show where it is
  std::vector<double> indicator_weights = {};  // one each, above 0 (EarthWhere); empty: not stated
  std::vector<std::string> captions = {};      // reference descriptions of the photo
  std::vector<std::string> key_steps = {};     // reference inferences
  size_t line = 0;                             // of the file, from 1
};

// Alpha-2 code of the country that the truth states, else of the one that its point is counted to;
// empty on the high sea.
std::string TruthCountryCode(const TruthRecord& truth);

// What became of one request. The four are disjoint.
enum class Outcome {
  kParsed,       // coordinates were read
  kUnparsed,     // a reply without readable coordinates
  kRefused,      // the system declined to name a place
  kEngineError,  // no reply at all
};
std::string_view OutcomeName(Outcome outcome);  // "parsed", "unparsed", "refused", "engine_error"

struct Prediction {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  std::string id = {};
  Outcome outcome = Outcome::kEngineError;
  std::optional<LatLng> point = {};  // exactly when parsed
  // The point stands beside an abstention ("always answer").
  bool abstained = false;
  double confidence = kUnknown;  // that the country is right, [0, 1]
  double radius_p50_km = kUnknown;
  double radius_p90_km = kUnknown;
  AnswerForm form = AnswerForm::kNone;  // in which a raw reply gave its point
  std::string reason = {};              // why there is no point; empty when parsed
  // The values are impossible as written and would be possible exchanged. They are not exchanged.
  bool swap_suspected = false;
  std::optional<LatLng> metadata_gps = {};  // position in the photo's file, where the record has it
  std::string text = {};                    // the whole reply, where the reader was told to keep it
  std::string prompt = {};                  // what the model was asked, likewise
  size_t line = 0;                          // of the file, from 1
};

// Something about a predictions file that makes its scores doubtful. Nothing is ever corrected.
struct BenchWarning {
  std::string kind;    // "swapped", "identical", … (bench/detectors.h)
  size_t records = 0;  // that show it
  std::string message;
};

}  // namespace gre
