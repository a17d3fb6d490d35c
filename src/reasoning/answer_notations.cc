#include <array>

#include "core/strings.h"
#include "reasoning/answer_recognizers.h"
#include "reasoning/text_folding.h"

namespace gre {
namespace {

// Reads along folded text; every method returns whether it could, and moves only then.
class Cursor {
 public:
  Cursor(std::u32string_view text, size_t at) : text_(text), at_(at) {}

  bool Skip(char32_t c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Skip(std::u32string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool SkipSpace() {
    const size_t before = at_;
    while (at_ < text_.size() && (text_[at_] == U' ' || text_[at_] == U'\n')) ++at_;
    return at_ > before;
  }
  std::optional<double> Number() {
    size_t at = at_;
    double sign = 1;
    if (at < text_.size() && (text_[at] == U'-' || text_[at] == U'+')) {
      sign = text_[at] == U'-' ? -1 : 1;
      ++at;
    }
    const ScannedNumber number = ScanNumber(text_, at, /*decimal_comma=*/false);
    if (number.length == 0) return std::nullopt;
    at_ = at + number.length;
    return sign * number.value;
  }

 private:
  std::u32string_view text_;
  size_t at_;
};

using Reader = std::optional<ParsedAnswer> (*)(std::u32string_view text, size_t after);

// The first occurrence of `word` at a word start for which `read` recognises something.
std::optional<ParsedAnswer> FirstAfter(std::u32string_view text, std::u32string_view word,
                                       Reader read) {
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if (at > 0 && IsLetter(text[at - 1])) continue;
    if (auto answer = read(text, at + word.size())) return answer;
  }
  return std::nullopt;
}

std::optional<ParsedAnswer> ReadGeoUri(std::u32string_view text, size_t after) {
  Cursor cursor(text, after);
  const auto latitude = cursor.Number();
  if (!latitude || !cursor.Skip(U',')) return std::nullopt;
  const auto longitude = cursor.Number();
  if (!longitude) return std::nullopt;
  return MakeAnswer(AnswerForm::kGeoUri, *latitude, *longitude);
}

std::optional<ParsedAnswer> ReadWktPoint(std::u32string_view text, size_t after) {
  Cursor cursor(text, after);
  cursor.SkipSpace();
  for (const std::u32string_view dimension : {U"zm", U"z", U"m"}) {
    if (cursor.Skip(dimension)) break;
  }
  cursor.SkipSpace();
  if (!cursor.Skip(U'(')) return std::nullopt;
  cursor.SkipSpace();
  const auto longitude = cursor.Number();
  if (!longitude) return std::nullopt;
  const bool space = cursor.SkipSpace();
  const auto latitude = cursor.Number();
  if (!space || !latitude) {
    return MakeUnparsed(AnswerForm::kWkt,
                        "POINT(…) does not hold two numbers with a space between");
  }
  return MakeAnswer(AnswerForm::kWkt, *latitude, *longitude);
}

std::optional<ParsedAnswer> ReadGeoJsonCoordinates(std::u32string_view text, size_t after) {
  Cursor cursor(text, after);
  cursor.SkipSpace();
  if (!cursor.Skip(U':')) return std::nullopt;
  cursor.SkipSpace();
  if (!cursor.Skip(U'[')) return std::nullopt;
  cursor.SkipSpace();
  const auto longitude = cursor.Number();
  cursor.SkipSpace();
  if (!longitude || !cursor.Skip(U',')) return std::nullopt;
  cursor.SkipSpace();
  const auto latitude = cursor.Number();
  if (!latitude) return std::nullopt;
  return MakeAnswer(AnswerForm::kGeoJson, *latitude, *longitude);
}

// OpenStreetMap: #map=zoom/latitude/longitude
std::optional<ParsedAnswer> ReadOsmFragment(std::u32string_view text, size_t after) {
  Cursor cursor(text, after);
  if (!cursor.Number() || !cursor.Skip(U'/')) return std::nullopt;
  const auto latitude = cursor.Number();
  if (!latitude || !cursor.Skip(U'/')) return std::nullopt;
  const auto longitude = cursor.Number();
  if (!longitude) return std::nullopt;
  return MakeAnswer(AnswerForm::kMapUrl, *latitude, *longitude);
}

// Google Maps: !3dlatitude!4dlongitude
std::optional<ParsedAnswer> ReadGooglePlace(std::u32string_view text, size_t after) {
  Cursor cursor(text, after);
  const auto latitude = cursor.Number();
  if (!latitude || !cursor.Skip(U"!4d")) return std::nullopt;
  const auto longitude = cursor.Number();
  if (!longitude) return std::nullopt;
  return MakeAnswer(AnswerForm::kMapUrl, *latitude, *longitude);
}

}  // namespace

std::optional<ParsedAnswer> RecognizeGeoUri(std::u32string_view text) {
  return FirstAfter(text, U"geo:", ReadGeoUri);
}

std::optional<ParsedAnswer> RecognizeWktPoint(std::u32string_view text) {
  return FirstAfter(text, U"point", ReadWktPoint);
}

std::optional<ParsedAnswer> RecognizeGeoJson(std::u32string_view text) {
  if (text.find(U"\"point\"") == text.npos) return std::nullopt;
  return FirstAfter(text, U"\"coordinates\"", ReadGeoJsonCoordinates);
}

std::optional<ParsedAnswer> RecognizeMapUrl(std::u32string_view text) {
  if (auto answer = FirstAfter(text, U"map=", ReadOsmFragment)) return answer;
  return FirstAfter(text, U"!3d", ReadGooglePlace);
}

ParsedAnswer MakeAnswer(AnswerForm form, double latitude_deg, double longitude_deg) {
  ParsedAnswer answer;
  answer.form = form;
  answer.point = LatLng::FromDegrees(latitude_deg, longitude_deg);
  if (answer.point) {
    answer.status = AnswerStatus::kParsed;
    return answer;
  }
  answer.swap_suspected = LatLng::FromDegrees(longitude_deg, latitude_deg).has_value();
  answer.reason = "latitude " + FormatShortest(latitude_deg) + ", longitude " +
                  FormatShortest(longitude_deg) + " is out of range";
  if (answer.swap_suspected) answer.reason += "; exchanged it would not be";
  return answer;
}

ParsedAnswer MakeUnparsed(AnswerForm form, std::string_view reason) {
  ParsedAnswer answer;
  answer.form = form;
  answer.reason = reason;
  return answer;
}

}  // namespace gre
