#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/records.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "knowledge/gazetteer.h"

namespace gre {

// Which fields of a predictions file hold what; empty names are searched for by their usual
// spellings, coordinates before text. Names that are given must exist.
struct PredictionFields {
  std::string id = {};
  std::string text = {};  // a model's raw reply, read as `gre locate` reads it
  std::string latitude = {};
  std::string longitude = {};
  std::string confidence = {};  // that the country is right, from 0 to confidence_max
  std::string name = {};        // of a place, in the names protocol: "City, Region, Country"
};

// Which answers of raw replies count.
enum class AnswerRule {
  kAuto,        // ChooseAnswerRule
  kAny,         // whatever the answer parser reads
  kFieldsOnly,  // "latitude": …, "longitude": …; other answers are unparsed
};

struct PredictionOptions {
  PredictionFields fields = {};
  AnswerRule answers = AnswerRule::kAuto;
  double confidence_max = 1;  // what the file writes for certainty: 1, 5, 100 …
  bool keep_text = false;     // raw replies (memory)
  // The names protocol: points are those of the places that answers name, found in this gazetteer;
  // coordinates are not looked at (bench/name_geocoder.h). nullptr: the coordinates protocol.
  const Gazetteer* names = nullptr;
};

struct PredictionsFile {
  std::string path;
  PredictionFields fields;                // that were used
  AnswerRule answers = AnswerRule::kAny;  // that was used, never kAuto
  std::vector<Prediction> predictions;    // in the file's order
  // Of the benchmark that the file's header says was answered; empty: no header of gre bench run.
  std::string benchmark_sha256;
  // One line each, of records at most kMaxRemarks and then their number: values that are no
  // coordinates, swaps that are likely. Nothing is corrected.
  std::vector<std::string> remarks;
};

inline constexpr size_t kMaxRemarks = 1000;

// Whether the file's answers were read from raw replies, which an answer rule is about.
bool HasReplies(const PredictionsFile& file);

// The one rule for files that are measured together, which were read with kAny: kFieldsOnly when in
// each that has answers in replies at least nine of ten are JSON fields, as systems give them that
// are asked for JSON; else kAny.
AnswerRule ChooseAnswerRule(std::span<const PredictionsFile> files);

// Turns the answers of a file read with kAny that `rule` (not kAuto) leaves out into unparsed ones,
// each with a remark.
void ApplyAnswerRule(AnswerRule rule, PredictionsFile& file);

// Reads what any system answered: our own records (gre.locate/1), CSV, TSV, JSON or JSON Lines with
// coordinates or raw replies. A record that holds no usable answer is kept with its outcome and
// reason; one without an id, and a file that cannot be read, are errors that name file, line and
// field.
Result<PredictionsFile> ReadPredictions(const std::string& path,
                                        const PredictionOptions& options = {},
                                        const CancellationToken& cancellation = {});

// Outcome and point of one raw reply.
Prediction ReadReply(std::string id, std::string_view reply);

}  // namespace gre
