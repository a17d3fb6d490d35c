#include "reasoning/answer_angles.h"

#include <optional>

namespace gre {
namespace {

constexpr std::string_view kMalformed = "degrees, minutes and seconds do not fit together";
constexpr std::string_view kSignContradiction = "the sign contradicts the hemisphere";
constexpr std::string_view kAmbiguousDash = "a dash before a number may be a minus sign or not";
constexpr std::string_view kAmbiguousO =
    "the letter O means west in some languages, east in others";

struct Hemisphere {
  Axis axis;
  int sign;  // 0 for the letter O
};

std::optional<Hemisphere> HemisphereOf(const Token& token) {
  switch (token.word) {
    case WordKind::kNorth:
      return Hemisphere{Axis::kLatitude, 1};
    case WordKind::kSouth:
      return Hemisphere{Axis::kLatitude, -1};
    case WordKind::kEast:
      return Hemisphere{Axis::kLongitude, 1};
    case WordKind::kWest:
      return Hemisphere{Axis::kLongitude, -1};
    case WordKind::kEastOrWest:
      return Hemisphere{Axis::kLongitude, 0};
    default:
      return std::nullopt;
  }
}

class AngleReader {
 public:
  AngleReader(std::span<const Token> tokens, size_t begin) : tokens_(tokens), at_(begin) {}

  std::optional<Angle> Read() {
    angle_.begin = at_;
    ReadPrefix();
    if (!Is(TokenKind::kNumber) || !tokens_[at_].usable) return std::nullopt;
    first_ = tokens_[at_++];
    degrees_ = first_.magnitude;
    angle_.has_fraction = first_.has_fraction;
    angle_.decimal_comma = first_.decimal_comma;
    angle_.glued = first_.glued;
    if (Is(TokenKind::kDegree) || IsWord(WordKind::kDegree)) {
      angle_.degree_mark = true;
      ++at_;
      ReadMarkedMinutes();
    } else if (!ReadColons()) {
      ReadSpaced();
    }
    ReadSuffix();
    Finish();
    return angle_;
  }

 private:
  [[nodiscard]] bool Is(TokenKind kind, size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].kind == kind;
  }
  [[nodiscard]] bool IsWord(WordKind word, size_t ahead = 0) const {
    return Is(TokenKind::kWord, ahead) && tokens_[at_ + ahead].word == word;
  }
  [[nodiscard]] bool IsHemisphere(size_t ahead) const {
    return Is(TokenKind::kWord, ahead) && HemisphereOf(tokens_[at_ + ahead]).has_value();
  }
  [[nodiscard]] bool IsPlainNumber(size_t ahead = 0) const {
    return Is(TokenKind::kNumber, ahead) && tokens_[at_ + ahead].usable &&
           tokens_[at_ + ahead].sign == 0;
  }
  [[nodiscard]] bool IsMinuteMark(size_t ahead) const {
    return Is(TokenKind::kPrime, ahead) || IsWord(WordKind::kMinute, ahead);
  }
  [[nodiscard]] bool IsSecondMark(size_t ahead) const {
    return Is(TokenKind::kDoublePrime, ahead) || IsWord(WordKind::kSecond, ahead);
  }

  void ReadPrefix() {
    if (!IsHemisphere(0)) return;
    const size_t number = Is(TokenKind::kColon, 1) ? 2 : 1;
    if (!Is(TokenKind::kNumber, number)) return;
    SetHemisphere(*HemisphereOf(tokens_[at_]));
    angle_.prefix_letter = true;
    at_ += number;
  }

  void ReadSuffix() {
    if (angle_.prefix_letter || !IsHemisphere(0)) return;
    SetHemisphere(*HemisphereOf(tokens_[at_]));
    angle_.suffix_letter = true;
    ++at_;
  }

  // 48°51'30"
  void ReadMarkedMinutes() {
    if (!IsPlainNumber() || !(IsMinuteMark(1) || IsHemisphere(1))) return;
    const bool marked = IsMinuteMark(1);
    TakeMinutes();
    if (!marked) return;
    ++at_;
    if (!IsPlainNumber() || !(IsSecondMark(1) || IsHemisphere(1))) return;
    const bool seconds_marked = IsSecondMark(1);
    TakeSeconds();
    if (seconds_marked) ++at_;
  }

  // 48:51:30
  bool ReadColons() {
    const auto tight = [&] {
      return Is(TokenKind::kColon) && !tokens_[at_].space_before && !tokens_[at_].space_after &&
             IsPlainNumber(1);
    };
    if (!tight()) return false;
    angle_.colons = true;
    ++at_;
    TakeMinutes();
    if (tight()) {
      ++at_;
      TakeSeconds();
    }
    return true;
  }

  // 48 51 30 N; a hemisphere must say that this is one angle.
  void ReadSpaced() {
    if (first_.has_fraction || !IsPlainNumber()) return;
    const bool seconds = IsPlainNumber(1);
    if (!angle_.prefix_letter && !IsHemisphere(seconds ? 2 : 1)) return;
    TakeMinutes();
    if (seconds) TakeSeconds();
  }

  void TakeMinutes() {
    const Token& minutes = tokens_[at_++];
    angle_.sexagesimal = true;
    if (first_.has_fraction || !(minutes.magnitude < 60)) angle_.problem = kMalformed;
    degrees_ += minutes.magnitude / 60;
    minutes_fraction_ = minutes.has_fraction;
    angle_.decimal_comma |= minutes.decimal_comma;
  }

  void TakeSeconds() {
    const Token& seconds = tokens_[at_++];
    if (minutes_fraction_ || !(seconds.magnitude < 60)) angle_.problem = kMalformed;
    degrees_ += seconds.magnitude / 3600;
    angle_.decimal_comma |= seconds.decimal_comma;
  }

  void SetHemisphere(const Hemisphere& hemisphere) {
    angle_.axis = hemisphere.axis;
    hemisphere_sign_ = hemisphere.sign;
  }

  void Finish() {
    angle_.end = at_;
    angle_.sign = first_.sign;
    if (angle_.axis == Axis::kNone) {
      angle_.degrees = first_.sign == '-' ? -degrees_ : degrees_;
      if (first_.loose_dash) angle_.problem = kAmbiguousDash;
      return;
    }
    angle_.degrees = hemisphere_sign_ * degrees_;
    const char contradicting = hemisphere_sign_ > 0 ? '-' : '+';
    if (hemisphere_sign_ == 0) {
      angle_.problem = kAmbiguousO;
    } else if (first_.sign == contradicting && !first_.loose_dash) {
      angle_.problem = kSignContradiction;
    }
  }

  std::span<const Token> tokens_;
  size_t at_;
  Angle angle_;
  Token first_;
  double degrees_ = 0;
  bool minutes_fraction_ = false;
  int hemisphere_sign_ = 0;
};

bool IsQuote(const Token& token) {
  return token.kind == TokenKind::kPrime || token.kind == TokenKind::kDoublePrime;
}

}  // namespace

std::vector<Angle> FindAngles(std::span<const Token> tokens) {
  std::vector<Angle> angles;
  for (size_t i = 0; i < tokens.size();) {
    if (auto angle = AngleReader(tokens, i).Read()) {
      i = angle->end;
      angles.push_back(*angle);
    } else {
      ++i;
    }
  }
  return angles;
}

std::vector<AxisLabel> FindLabels(std::span<const Token> tokens) {
  std::vector<AxisLabel> labels;
  for (size_t i = 0; i < tokens.size(); ++i) {
    AxisLabel label{.token = i};
    switch (tokens[i].word) {
      case WordKind::kWeakLatitude:
        label.weak = true;
        [[fallthrough]];
      case WordKind::kLatitude:
        label.axis = Axis::kLatitude;
        break;
      case WordKind::kWeakLongitude:
        label.weak = true;
        [[fallthrough]];
      case WordKind::kLongitude:
        label.axis = Axis::kLongitude;
        break;
      default:
        continue;
    }
    label.quoted_key = i > 0 && i + 2 < tokens.size() && IsQuote(tokens[i - 1]) &&
                       IsQuote(tokens[i + 1]) && tokens[i + 2].kind == TokenKind::kColon;
    labels.push_back(label);
  }
  return labels;
}

}  // namespace gre
