#include "reasoning/answer_recognizers.h"

#include <algorithm>
#include <vector>

namespace gre {
namespace {

constexpr size_t kMaxFillers = 8;        // tokens between the two numbers of a pair
constexpr size_t kMaxLabelFillers = 16;  // tokens between a label and its number
constexpr size_t kMaxLabelWords = 6;

bool IsQuote(const Token& token) {
  return token.kind == TokenKind::kPrime || token.kind == TokenKind::kDoublePrime;
}

// May stand between the two numbers of a pair, or between the two labels of "(lat, lon)".
bool IsPairFiller(const Token& token) {
  switch (token.kind) {
    case TokenKind::kComma:
    case TokenKind::kSemicolon:
    case TokenKind::kSlash:
    case TokenKind::kPipe:
    case TokenKind::kOpen:
    case TokenKind::kClose:
    case TokenKind::kNewline:
    case TokenKind::kPrime:
    case TokenKind::kDoublePrime:
      return true;
    case TokenKind::kWord:
      return token.word == WordKind::kAnd;
    default:
      return false;
  }
}

bool AreAll(std::span<const Token> tokens, bool (*predicate)(const Token&)) {
  return std::all_of(tokens.begin(), tokens.end(), predicate);
}

std::string_view AxisName(Axis axis) { return axis == Axis::kLatitude ? "latitude" : "longitude"; }

// The outcome for two angles whose axes are known.
ParsedAnswer Combine(AnswerForm form, const Angle& latitude, const Angle& longitude) {
  ParsedAnswer answer;
  if (!latitude.problem.empty() || !longitude.problem.empty()) {
    answer = MakeUnparsed(form, latitude.problem.empty() ? longitude.problem : latitude.problem);
  } else if (latitude.axis == Axis::kLongitude || longitude.axis == Axis::kLatitude) {
    answer = MakeUnparsed(form, "the label and the hemisphere letter name different axes");
    answer.swap_suspected = LatLng::FromDegrees(longitude.degrees, latitude.degrees).has_value();
  } else {
    answer = MakeAnswer(form, latitude.degrees, longitude.degrees);
  }
  answer.sexagesimal = latitude.sexagesimal || longitude.sexagesimal;
  answer.decimal_comma = latitude.decimal_comma || longitude.decimal_comma;
  return answer;
}

ParsedAnswer CombineInOrder(AnswerForm form, Axis first_axis, const Angle& first,
                            const Angle& second) {
  return first_axis == Axis::kLatitude ? Combine(form, first, second)
                                       : Combine(form, second, first);
}

// ---- labels -------------------------------------------------------------------------------------

class LabelReader {
 public:
  explicit LabelReader(const AnswerTokens& answer) : answer_(answer) {}

  std::optional<ParsedAnswer> Read() {
    if (auto pair = ReadJointLabels()) return pair;
    const bool behind = !answer_.labels.empty() && AngleBehind(answer_.labels.front().token);
    for (const AxisLabel& label : answer_.labels) {
      const Angle* angle = behind ? AngleBehind(label.token) : AngleAhead(label);
      if (angle != nullptr) values_.push_back({&label, angle});
    }
    return Choose();
  }

 private:
  struct Value {
    const AxisLabel* label;
    const Angle* angle;
  };

  [[nodiscard]] std::span<const Token> Between(size_t begin, size_t end) const {
    return answer_.tokens.subspan(begin, end - begin);
  }

  // The first angle that begins at or after `token`.
  [[nodiscard]] const Angle* NextAngle(size_t token) const {
    const auto next = std::lower_bound(
        answer_.angles.begin(), answer_.angles.end(), token,
        [](const Angle& angle, size_t position) { return angle.begin < position; });
    return next == answer_.angles.end() ? nullptr : &*next;
  }

  // "(lat, lon) = (48.8, 2.3)", "Latitude and longitude of X are 48.8, 2.3", "48.8, 2.3 (lat,
  // lon)".
  [[nodiscard]] std::optional<ParsedAnswer> ReadJointLabels() const {
    for (size_t i = 0; i + 1 < answer_.labels.size(); ++i) {
      const AxisLabel& first = answer_.labels[i];
      const AxisLabel& second = answer_.labels[i + 1];
      const auto between = Between(first.token + 1, second.token);
      if (first.axis == second.axis || between.size() > kMaxFillers ||
          !AreAll(between, IsPairFiller)) {
        continue;
      }
      if (const Angle* last = AngleBehind(first.token); last != nullptr && IsSecondOfPair(last)) {
        return CombineInOrder(AnswerForm::kLabelled, first.axis, *(last - 1), *last);
      }
      AxisLabel joint = second;
      joint.weak = false;
      const Angle* angle = AngleAhead(joint);
      if (angle != nullptr && IsFirstOfPair(angle)) {
        return CombineInOrder(AnswerForm::kLabelled, first.axis, *angle, *(angle + 1));
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] bool IsFirstOfPair(const Angle* angle) const {
    return angle + 1 != answer_.angles.data() + answer_.angles.size() &&
           angle[1].begin - angle->end <= kMaxFillers &&
           AreAll(Between(angle->end, angle[1].begin), IsPairFiller);
  }
  [[nodiscard]] bool IsSecondOfPair(const Angle* angle) const {
    return angle != answer_.angles.data() && IsFirstOfPair(angle - 1);
  }

  // The angle of "48.8 (latitude)", "48.8° N latitude".
  [[nodiscard]] const Angle* AngleBehind(size_t label) const {
    const Angle* next = NextAngle(label);
    const size_t before =
        next == nullptr ? answer_.angles.size() : static_cast<size_t>(next - answer_.angles.data());
    if (before == 0 || answer_.angles[before - 1].end > label) return nullptr;
    const Angle* angle = &answer_.angles[before - 1];
    const auto between = Between(angle->end, label);
    const bool adjacent = between.size() <= 2 && AreAll(between, [](const Token& token) {
                            return token.kind == TokenKind::kOpen || IsQuote(token);
                          });
    // "…2.3", "latitude": the comma is missing, but a key belongs to what follows it.
    const bool key = label + 1 < answer_.tokens.size() &&
                     (answer_.tokens[label + 1].kind == TokenKind::kColon ||
                      answer_.tokens[label + 1].kind == TokenKind::kEquals ||
                      IsQuote(answer_.tokens[label + 1]));
    return adjacent && !key ? angle : nullptr;
  }

  // The angle of "latitude: 48.8", "Latitude of the place is about 48.8".
  [[nodiscard]] const Angle* AngleAhead(const AxisLabel& label) const {
    const Angle* angle = NextAngle(label.token + 1);
    if (angle == nullptr || angle->begin - label.token - 1 > kMaxLabelFillers) return nullptr;
    size_t words = 0;
    size_t position = 0;
    for (const Token& token : Between(label.token + 1, angle->begin)) {
      if (!MayPrecedeValue(label, token, words, position++)) return nullptr;
      words += token.kind == TokenKind::kWord ? 1 : 0;
    }
    return angle;
  }

  static bool MayPrecedeValue(const AxisLabel& label, const Token& token, size_t words,
                              size_t position) {
    switch (token.kind) {
      case TokenKind::kColon:
      case TokenKind::kEquals:
      case TokenKind::kOpen:
      case TokenKind::kPrime:
      case TokenKind::kDoublePrime:
        return true;
      case TokenKind::kNumber:
        return false;
      case TokenKind::kWord:
        return !label.weak && !label.quoted_key && words < kMaxLabelWords &&
               (token.word == WordKind::kNone || token.word == WordKind::kAnd ||
                token.word == WordKind::kDegree);
      case TokenKind::kComma:
        return !label.quoted_key && words == 0 && position == 0;
      case TokenKind::kClose:
        return !label.quoted_key;
      default:
        return !label.weak && !label.quoted_key && words == 0;
    }
  }

  [[nodiscard]] std::optional<ParsedAnswer> Choose() const {
    std::optional<ParsedAnswer> chosen;
    for (size_t i = 0; i + 1 < values_.size(); ++i) {
      const Value& first = values_[i];
      const Value& second = values_[i + 1];
      if (first.label->axis == second.label->axis || first.angle == second.angle) continue;
      const bool fields = first.label->quoted_key && second.label->quoted_key;
      chosen = CombineInOrder(fields ? AnswerForm::kJsonFields : AnswerForm::kLabelled,
                              first.label->axis, *first.angle, *second.angle);
      if (!answer_.free_text || fields) return chosen;
      ++i;
    }
    if (chosen || values_.empty()) return chosen;
    const Axis present = values_.front().label->axis;
    if (values_.front().angle->axis == present) return std::nullopt;  // letters say the rest
    const Axis missing = present == Axis::kLatitude ? Axis::kLongitude : Axis::kLatitude;
    return MakeUnparsed(AnswerForm::kLabelled, std::string(AxisName(missing)) + " has no value");
  }

  const AnswerTokens& answer_;
  std::vector<Value> values_;
};

// ---- pairs --------------------------------------------------------------------------------------

bool IsIso6709(const Angle& first, const Angle& second) {
  return first.sign != 0 && !first.glued && second.glued && second.begin == first.end;
}

// A comma without white space around it, which could be a decimal comma.
bool IsTightComma(std::span<const Token> fillers) {
  return fillers.size() == 1 && fillers[0].kind == TokenKind::kComma && !fillers[0].space_before &&
         !fillers[0].space_after;
}

bool IsPair(const AnswerTokens& answer, const Angle& first, const Angle& second) {
  if (IsIso6709(first, second)) return true;
  if (first.glued || second.glued || second.begin - first.end > kMaxFillers) return false;
  const auto fillers = answer.tokens.subspan(first.end, second.begin - first.end);
  if (!AreAll(fillers, IsPairFiller)) return false;
  const bool both_axes = first.axis != Axis::kNone && second.axis != Axis::kNone;
  if ((first.colons || second.colons) && !both_axes) return false;  // times of day
  const bool decimals = first.decimal_comma && second.decimal_comma;
  if (answer.decimal_comma && IsTightComma(fillers) && !decimals) return false;
  const auto marked = [](const Angle& angle) {
    return angle.has_fraction || angle.sexagesimal ||
           (angle.degree_mark && angle.axis != Axis::kNone);
  };
  return !answer.free_text || (marked(first) && marked(second));
}

// "48.8 e 2.3": a hemisphere of the first number, of the second, or a word?
bool HasStrayLetter(const AnswerTokens& answer, const Angle& first, const Angle& second) {
  if (!first.suffix_letter || second.axis != Axis::kNone || second.begin != first.end) return false;
  const Token& letter = answer.tokens[first.end - 1];
  return letter.space_before == letter.space_after;
}

// "48,85; 2,29" beside a number with a point: commas are read as separators, but may be decimal.
bool IsAmbiguousComma(const AnswerTokens& answer, const Angle& first, const Angle& second) {
  return !answer.decimal_comma && answer.angles.size() > 2 && !first.has_fraction &&
         !second.has_fraction &&
         IsTightComma(answer.tokens.subspan(first.end, second.begin - first.end));
}

ParsedAnswer ReadPair(const AnswerTokens& answer, const Angle& first, const Angle& second) {
  if (IsIso6709(first, second)) return Combine(AnswerForm::kIso6709, first, second);
  if (first.axis == Axis::kNone && second.axis == Axis::kNone) {
    if (second.begin == first.end && first.degree_mark != second.degree_mark) {
      return MakeUnparsed(AnswerForm::kBarePair, "one of two numbers has a degree sign");
    }
    if (IsAmbiguousComma(answer, first, second)) {
      return MakeUnparsed(AnswerForm::kBarePair, "a comma is a decimal mark or a separator");
    }
    return Combine(AnswerForm::kBarePair, first, second);
  }
  constexpr AnswerForm kForm = AnswerForm::kHemispheres;
  if (first.axis == second.axis) {
    return MakeUnparsed(kForm, "both numbers are a " + std::string(AxisName(first.axis)));
  }
  if (HasStrayLetter(answer, first, second)) {
    return MakeUnparsed(kForm, "the letter between two numbers may belong to either");
  }
  const bool latitude_first = first.axis == Axis::kLatitude ||
                              (first.axis == Axis::kNone && second.axis != Axis::kLatitude);
  return CombineInOrder(kForm, latitude_first ? Axis::kLatitude : Axis::kLongitude, first, second);
}

}  // namespace

std::optional<ParsedAnswer> RecognizeLabelled(const AnswerTokens& answer) {
  return LabelReader(answer).Read();
}

std::optional<ParsedAnswer> RecognizePair(const AnswerTokens& answer) {
  std::optional<ParsedAnswer> chosen;
  for (size_t i = 0; i + 1 < answer.angles.size(); ++i) {
    if (!IsPair(answer, answer.angles[i], answer.angles[i + 1])) continue;
    chosen = ReadPair(answer, answer.angles[i], answer.angles[i + 1]);
    if (!answer.free_text) return chosen;
    ++i;
  }
  return chosen;
}

}  // namespace gre
