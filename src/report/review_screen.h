#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geo/lat_lng.h"
#include "image/image.h"
#include "knowledge/place_namer.h"
#include "reasoning/chain.h"
#include "report/terminal_report.h"

namespace gre {

// What an annotator is shown of one record: of a dataset, or a benchmark's candidate.
struct ReviewItem {
  std::string id;
  std::string photo_path;         // empty: a record of text alone
  std::optional<RgbImage> photo;  // drawn where the terminal has colours
  std::optional<LatLng> truth;    // absent: a country alone, or unknown
  std::string truth_country;      // its name
  std::optional<LatLng> answer;   // absent: a photo alone is judged
  std::optional<bool> label;      // of a Judge record
  // Of a candidate: what the file tells, labels; a word of at most eight letters and a text each.
  std::vector<std::pair<std::string, std::string>> details;
  std::vector<std::string> key_steps;  // of a candidate: the draft
  Chain chain;
  std::vector<std::string> findings;  // one line each
  std::string earlier;                // what this annotator decided before
};

// The photo in coloured half blocks, what is known, the chain step by step, and a map with truth
// (T) and answer (A). Ends with a newline; text of models cannot reach the terminal as anything
// else.
std::string RenderReviewScreen(const ReviewItem& item, const PlaceNamer& namer,
                               const TerminalReportOptions& options);

// Lines of at most `columns` half blocks in 24-bit colours, two pixels above each other in one.
std::vector<std::string> DrawPhoto(const RgbImage& photo, int columns, int max_lines);

}  // namespace gre
