#include "reasoning/answer_parser.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/strings.h"
#include "reasoning/answer_recognizers.h"
#include "reasoning/reply.h"
#include "reasoning/text_folding.h"

namespace gre {
namespace {

bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }

// Whether a comma may be a decimal mark: it stands directly between digits somewhere, and no point
// does.
bool MayUseDecimalComma(std::u32string_view text) {
  bool comma = false;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (!IsDigit(text[i - 1]) || !IsDigit(text[i + 1])) continue;
    if (text[i] == U'.') return false;
    comma |= text[i] == U',';
  }
  return comma;
}

std::optional<ParsedAnswer> RecognizeTokens(std::u32string_view text, bool decimal_comma,
                                            bool free_text) {
  const std::vector<Token> tokens = LexAnswer(text, decimal_comma);
  const std::vector<Angle> angles = FindAngles(tokens);
  const std::vector<AxisLabel> labels = FindLabels(tokens);
  const bool has_words = std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.kind == TokenKind::kWord && token.word == WordKind::kNone;
  });
  const AnswerTokens answer{tokens, angles, labels, decimal_comma, free_text && has_words};
  if (auto labelled = RecognizeLabelled(answer)) return labelled;
  return RecognizePair(answer);
}

std::optional<ParsedAnswer> Recognize(std::u32string_view text, bool free_text) {
  constexpr std::array kNotations = {RecognizeGeoUri, RecognizeWktPoint, RecognizeGeoJson,
                                     RecognizeMapUrl};
  for (const auto& recognize : kNotations) {
    if (auto answer = recognize(text)) return answer;
  }
  if (MayUseDecimalComma(text)) {
    if (auto answer = RecognizeTokens(text, /*decimal_comma=*/true, free_text)) return answer;
  }
  return RecognizeTokens(text, /*decimal_comma=*/false, free_text);
}

ParsedAnswer Refused(std::string_view reason) {
  ParsedAnswer answer;
  answer.status = AnswerStatus::kRefused;
  answer.reason = reason;
  return answer;
}

// The fields are there and empty: "latitude": "".
bool HasEmptyFields(std::u32string_view text) {
  const std::vector<Token> tokens = LexAnswer(text, /*decimal_comma=*/false);
  const std::vector<AxisLabel> labels = FindLabels(tokens);
  return labels.size() >= 2 && std::any_of(labels.begin(), labels.end(), [&](const AxisLabel& key) {
           const size_t value = key.token + 3;  // after the key's quote and colon
           return key.quoted_key && value + 1 < tokens.size() &&
                  tokens[value].kind == tokens[key.token + 1].kind &&
                  tokens[value + 1].kind == tokens[value].kind;
         });
}

ParsedAnswer ParseText(std::string_view text, bool free_text) {
  if (text.size() > kMaxReplyBytes) {
    return MakeUnparsed(AnswerForm::kNone,
                        "longer than " + std::to_string(kMaxReplyBytes) + " bytes");
  }
  if (Trim(text).empty()) return MakeUnparsed(AnswerForm::kNone, "empty");
  const std::u32string folded = FoldForScan(text);
  if (auto answer = Recognize(folded, free_text)) {
    answer->placeholder_suspected = answer->point == LatLng{0, 0} && ReadsAsRefusal(text);
    return *std::move(answer);
  }
  if (ReadsAsRefusal(text)) return Refused("the reply declines to name a place");
  if (HasEmptyFields(folded)) return Refused("the coordinate fields are empty");
  return MakeUnparsed(AnswerForm::kNone, "no coordinates found");
}

}  // namespace

std::string_view AnswerStatusName(AnswerStatus status) {
  switch (status) {
    case AnswerStatus::kParsed:
      return "parsed";
    case AnswerStatus::kRefused:
      return "refused";
    case AnswerStatus::kUnparsed:
      return "unparsed";
  }
  return "";
}

std::string_view AnswerFormName(AnswerForm form) {
  switch (form) {
    case AnswerForm::kNone:
      return "none";
    case AnswerForm::kGeoUri:
      return "geo_uri";
    case AnswerForm::kWkt:
      return "wkt";
    case AnswerForm::kGeoJson:
      return "geojson";
    case AnswerForm::kMapUrl:
      return "map_url";
    case AnswerForm::kJsonFields:
      return "json_fields";
    case AnswerForm::kLabelled:
      return "labelled";
    case AnswerForm::kHemispheres:
      return "hemispheres";
    case AnswerForm::kIso6709:
      return "iso_6709";
    case AnswerForm::kBarePair:
      return "bare_pair";
  }
  return "";
}

ParsedAnswer ParseReply(std::string_view reply, const AnswerOptions& options) {
  if (reply.size() > kMaxReplyBytes) return ParseText(reply, /*free_text=*/true);
  const ReplyParts parts = SplitReply(reply);
  if (parts.answer) return ParseText(*parts.answer, /*free_text=*/false);
  if (parts.open_answer && options.accept_open_block) {
    return ParseText(*parts.open_answer, /*free_text=*/false);
  }
  if (parts.open_answer) return MakeUnparsed(AnswerForm::kNone, "the answer block is cut off");
  if (options.require_block || (parts.has_marks && Trim(parts.rest).empty())) {
    return MakeUnparsed(AnswerForm::kNone, "no answer block");
  }
  return ParseText(parts.rest, /*free_text=*/true);
}

ParsedAnswer ParseAnswerText(std::string_view answer) {
  return ParseText(answer, /*free_text=*/false);
}

std::string RenderAnswer(const LatLng& point, int decimals) {
  return FormatFixed(point.latitude_deg, decimals) + ", " +
         FormatFixed(point.longitude_deg, decimals);
}

}  // namespace gre
