#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "dataset/record_file.h"
#include "geo/lat_lng.h"

namespace gre {

// Where a record says that its photo was taken, as written.
struct StatedTruth {
  FieldValue latitude = {};
  FieldValue longitude = {};
  std::string country = {};  // a code or a name; "" unknown
  bool centroid = false;     // the source says that the point stands for a whole area
};

// What is odd about a truth that was read.
struct TruthFlag {
  std::string reason;  // a key of PhotoFinding
  bool drops = false;
  std::string detail;
};

// The truth of a record, or why it has none that can be used.
struct JudgedTruth {
  std::optional<LatLng> point = {};
  std::string country_code = {};  // given, else of the land at most kCoastKm from the point
  std::vector<TruthFlag> flags = {};
  std::string rejected = {};  // "": usable; else a key, and `detail` in words
  std::string detail = {};
};

// Reads and validates truths; nothing is ever corrected. Rejected: coordinates that are no numbers
// ("unparsable_coordinates", one without the other included), not finite or out of range
// ("coordinates_out_of_range"), a country that is unknown and no point ("unknown_country"), neither
// ("no_truth"). Flagged:
//   zero_coordinates (drops)     both are 0
//   swapped_coordinates (drops)  the country given holds the point only when its coordinates are
//                                exchanged
//   country_mismatch             the country given is more than kCoastKm away
//   country_centroid             the point lies at the middle of its country (kCentroidKm), or the
//                                source says so; in the second case only the country counts
//   unknown_country              the country's name is not known, the point's is taken
// Longitude -180 becomes 180 and -0 becomes 0. Not thread-safe.
class TruthJudge {
 public:
  static constexpr double kCoastKm = 25;  // as far as a photo from a boat, a beach or a border
  static constexpr double kCentroidKm = 1;

  JudgedTruth Judge(const StatedTruth& stated);

 private:
  // "" for an unknown name.
  const std::string& CodeOf(const std::string& country);
  [[nodiscard]] bool IsCentroid(const std::string& country_code, const LatLng& point);

  std::unordered_map<std::string, std::string> codes_;  // of the names met
  std::unordered_map<std::string, std::optional<LatLng>> centroids_;
};

// Two numbers, separated by a comma, a semicolon or blanks, perhaps in brackets: as they stand.
struct NumberPair {
  FieldValue first, second;
};
std::optional<NumberPair> SplitPair(std::string_view text);

}  // namespace gre
