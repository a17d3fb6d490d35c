#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "reasoning/answer_angles.h"
#include "reasoning/answer_parser.h"

namespace gre {

// One function for each way of writing a place. Internal to reasoning. Each returns nullopt when
// its notation does not occur, else the parsed point or what is wrong with it (status kUnparsed);
// the caller tries them in the order of AnswerForm and stops at the first that occurs.

struct AnswerTokens {
  std::span<const Token> tokens;
  std::span<const Angle> angles;
  std::span<const AxisLabel> labels;
  bool decimal_comma = false;  // how the tokens were read
  // The text is a whole reply, not the inside of an answer block: numbers in prose are no
  // coordinates, and the last place counts (a conclusion) instead of the first.
  bool free_text = false;
};

// On text folded by FoldForScan.
std::optional<ParsedAnswer> RecognizeGeoUri(std::u32string_view text);
std::optional<ParsedAnswer> RecognizeWktPoint(std::u32string_view text);
std::optional<ParsedAnswer> RecognizeGeoJson(std::u32string_view text);
std::optional<ParsedAnswer> RecognizeMapUrl(std::u32string_view text);

// JSON fields and labels in prose, before or after their numbers.
std::optional<ParsedAnswer> RecognizeLabelled(const AnswerTokens& answer);
// Two neighbouring numbers: hemispheres, ISO 6709, bare pair.
std::optional<ParsedAnswer> RecognizePair(const AnswerTokens& answer);

// The outcome for two values as written: parsed when in range.
ParsedAnswer MakeAnswer(AnswerForm form, double latitude_deg, double longitude_deg);
ParsedAnswer MakeUnparsed(AnswerForm form, std::string_view reason);

}  // namespace gre
