#include "reasoning/answer_words.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/strings.h"
#include "reasoning/text_folding.h"

namespace gre {
namespace {

struct Word {
  std::u32string_view text;  // as FoldForScan leaves it
  WordKind kind;
};

using enum WordKind;

constexpr std::array kWords = {
    // English and abbreviations
    Word{U"latitude", kLatitude},
    Word{U"lat", kLatitude},
    Word{U"mlat", kLatitude},
    Word{U"φ", kLatitude},
    Word{U"longitude", kLongitude},
    Word{U"lon", kLongitude},
    Word{U"lng", kLongitude},
    Word{U"mlon", kLongitude},
    Word{U"λ", kLongitude},
    Word{U"long", kWeakLongitude},
    // Romance languages
    Word{U"latitud", kLatitude},
    Word{U"latitudine", kLatitude},
    Word{U"longitud", kLongitude},
    Word{U"longitudine", kLongitude},
    // Germanic languages and Finnish
    Word{U"breitengrad", kLatitude},
    Word{U"geografische breite", kLatitude},
    Word{U"geographische breite", kLatitude},
    Word{U"breite", kWeakLatitude},
    Word{U"längengrad", kLongitude},
    Word{U"laengengrad", kLongitude},
    Word{U"geografische länge", kLongitude},
    Word{U"geographische länge", kLongitude},
    Word{U"länge", kWeakLongitude},
    Word{U"breedtegraad", kLatitude},
    Word{U"lengtegraad", kLongitude},
    Word{U"breddgrad", kLatitude},
    Word{U"längdgrad", kLongitude},
    Word{U"breddegrad", kLatitude},
    Word{U"længdegrad", kLongitude},
    Word{U"lengdegrad", kLongitude},
    Word{U"leveysaste", kLatitude},
    Word{U"pituusaste", kLongitude},
    // Slavic languages, Hungarian, Greek
    Word{U"широта", kLatitude},
    Word{U"долгота", kLongitude},
    Word{U"довгота", kLongitude},
    Word{U"дължина", kLongitude},
    Word{U"ширина", kWeakLatitude},
    Word{U"szerokość geograficzna", kLatitude},
    Word{U"szerokość", kWeakLatitude},
    Word{U"długość geograficzna", kLongitude},
    Word{U"długość", kWeakLongitude},
    Word{U"zeměpisná šířka", kLatitude},
    Word{U"šířka", kWeakLatitude},
    Word{U"zeměpisná délka", kLongitude},
    Word{U"délka", kWeakLongitude},
    Word{U"szélesség", kWeakLatitude},
    Word{U"szélességi fok", kLatitude},
    Word{U"hosszúság", kWeakLongitude},
    Word{U"hosszúsági fok", kLongitude},
    Word{U"γεωγραφικό πλάτος", kLatitude},
    Word{U"πλάτος", kWeakLatitude},
    Word{U"γεωγραφικό μήκος", kLongitude},
    Word{U"μήκος", kWeakLongitude},
    // Turkish, Indonesian, Vietnamese
    Word{U"enlem", kLatitude},
    Word{U"boylam", kLongitude},
    Word{U"lintang", kLatitude},
    Word{U"bujur", kLongitude},
    Word{U"vĩ độ", kLatitude},
    Word{U"kinh độ", kLongitude},
    // Arabic, Persian, Hebrew
    Word{U"خط العرض", kLatitude},
    Word{U"دائرة العرض", kLatitude},
    Word{U"خط الطول", kLongitude},
    Word{U"عرض جغرافیایی", kLatitude},
    Word{U"طول جغرافیایی", kLongitude},
    Word{U"קו רוחב", kLatitude},
    Word{U"קו אורך", kLongitude},
    // Indic languages, Thai
    Word{U"अक्षांश", kLatitude},
    Word{U"देशांतर", kLongitude},
    Word{U"रेखांश", kLongitude},
    Word{U"অক্ষাংশ", kLatitude},
    Word{U"দ্রাঘিমাংশ", kLongitude},
    Word{U"ละติจูด", kLatitude},
    Word{U"ลองจิจูด", kLongitude},
    // Chinese, Japanese, Korean; the second character of 纬度 folds to a degree sign
    Word{U"纬\u00B0", kLatitude},
    Word{U"緯\u00B0", kLatitude},
    Word{U"经\u00B0", kLongitude},
    Word{U"經\u00B0", kLongitude},
    Word{U"経\u00B0", kLongitude},
    Word{U"위도", kLatitude},
    Word{U"경도", kLongitude},
    // hemispheres
    Word{U"n", kNorth},
    Word{U"north", kNorth},
    Word{U"norte", kNorth},
    Word{U"nord", kNorth},
    Word{U"noord", kNorth},
    Word{U"северной широты", kNorth},
    Word{U"с.ш.", kNorth},
    Word{U"с. ш.", kNorth},
    Word{U"北纬", kNorth},
    Word{U"北緯", kNorth},
    Word{U"북위", kNorth},
    Word{U"s", kSouth},
    Word{U"south", kSouth},
    Word{U"sur", kSouth},
    Word{U"sud", kSouth},
    Word{U"sul", kSouth},
    Word{U"süd", kSouth},
    Word{U"zuid", kSouth},
    Word{U"южной широты", kSouth},
    Word{U"ю.ш.", kSouth},
    Word{U"ю. ш.", kSouth},
    Word{U"南纬", kSouth},
    Word{U"南緯", kSouth},
    Word{U"남위", kSouth},
    Word{U"e", kEast},
    Word{U"east", kEast},
    Word{U"este", kEast},
    Word{U"est", kEast},
    Word{U"ost", kEast},
    Word{U"oost", kEast},
    Word{U"leste", kEast},
    Word{U"восточной долготы", kEast},
    Word{U"в.д.", kEast},
    Word{U"в. д.", kEast},
    Word{U"东经", kEast},
    Word{U"東經", kEast},
    Word{U"東経", kEast},
    Word{U"동경", kEast},
    Word{U"w", kWest},
    Word{U"west", kWest},
    Word{U"oeste", kWest},
    Word{U"ouest", kWest},
    Word{U"ovest", kWest},
    Word{U"западной долготы", kWest},
    Word{U"з.д.", kWest},
    Word{U"з. д.", kWest},
    Word{U"西经", kWest},
    Word{U"西經", kWest},
    Word{U"西経", kWest},
    Word{U"서경", kWest},
    Word{U"o", kEastOrWest},
    // parts of an angle
    Word{U"deg", kDegree},
    Word{U"degree", kDegree},
    Word{U"degrees", kDegree},
    Word{U"grad", kDegree},
    Word{U"grados", kDegree},
    Word{U"graus", kDegree},
    Word{U"gradi", kDegree},
    Word{U"degrés", kDegree},
    Word{U"градусов", kDegree},
    Word{U"도", kDegree},
    Word{U"min", kMinute},
    Word{U"minute", kMinute},
    Word{U"minutes", kMinute},
    Word{U"minuten", kMinute},
    Word{U"minutos", kMinute},
    Word{U"분", kMinute},
    Word{U"sec", kSecond},
    Word{U"second", kSecond},
    Word{U"seconds", kSecond},
    Word{U"sekunden", kSecond},
    Word{U"segundos", kSecond},
    Word{U"초", kSecond},
    // numbers that are no coordinates
    Word{U"confidence", kQuantity},
    Word{U"confidence score", kQuantity},
    Word{U"confidence level", kQuantity},
    Word{U"probability", kQuantity},
    Word{U"certainty", kQuantity},
    Word{U"score", kQuantity},
    Word{U"radius", kQuantity},
    Word{U"accuracy", kQuantity},
    Word{U"zoom", kQuantity},
    Word{U"elevation", kQuantity},
    Word{U"altitude", kQuantity},
    Word{U"alt", kQuantity},
    Word{U"heading", kQuantity},
    Word{U"step", kQuantity},
    Word{U"km", kUnit},
    Word{U"m", kUnit},
    Word{U"meters", kUnit},
    Word{U"metres", kUnit},
    Word{U"kilometers", kUnit},
    Word{U"kilometres", kUnit},
    Word{U"miles", kUnit},
    Word{U"mi", kUnit},
    Word{U"ft", kUnit},
    Word{U"feet", kUnit},
    Word{U"years", kUnit},
    Word{U"percent", kUnit},
    Word{U"and", kAnd},
    Word{U"und", kAnd},
    Word{U"et", kAnd},
};

bool EndsWord(std::u32string_view text, size_t length) {
  const char32_t last = text[length - 1];
  if (length >= text.size() || IsUnspacedScript(last) || !IsLetter(last)) return true;
  const char32_t next = text[length];
  if (next == U'_') return length + 1 >= text.size() || !IsLetter(text[length + 1]);  // "lat_min"
  return !IsLetter(next) || IsUnspacedScript(next);
}

// By their first character, so that a look-up reads few entries.
std::vector<const Word*> SortedWords() {
  std::vector<const Word*> words(kWords.size());
  std::transform(kWords.begin(), kWords.end(), words.begin(),
                 [](const Word& word) { return &word; });
  std::stable_sort(words.begin(), words.end(),
                   [](const Word* a, const Word* b) { return a->text.front() < b->text.front(); });
  return words;
}

// Phrases that decline, lower case. Where a word could stand in an honest answer's prose it is not
// listed: this is asked only after no coordinates were found.
// clang-format off
constexpr auto kRefusals = std::to_array<std::string_view>({
    "no gps", "not available", "unavailable", "unknown", "n/a", "not applicable", "not specified",
    "not provided", "not possible", "impossible", "cannot", "can't", "can not", "could not",
    "couldn't", "unable to", "not able to", "insufficient", "not enough", "no location",
    "no coordinates", "i'm sorry", "i am sorry", "i apologize", "undetermined", "indeterminate",
    "undeterminable", "not determinable", "not identifiable", "unidentifiable", "no idea",
    "don't know", "do not know", "won't", "decline", "not sure", "no answer", "\"none\"", "null",
    "无法", "未知", "不知道", "不能确定", "無法", "不明", "わかりません", "できません", "알 수 없", "inconnu", "impossible de",
    "unbekannt", "nicht bestimmbar", "keine angabe", "desconocid", "no se puede", "desconhecid",
    "sconosciut", "неизвестн", "невозможно", "не могу",
});
// clang-format on

}  // namespace

WordMatch MatchWord(std::u32string_view text) {
  static const std::vector<const Word*> words = SortedWords();
  if (text.empty()) return {};
  auto word = std::lower_bound(
      words.begin(), words.end(), text.front(),
      [](const Word* entry, char32_t first) { return entry->text.front() < first; });
  WordMatch best;
  for (; word != words.end() && (*word)->text.front() == text.front(); ++word) {
    const std::u32string_view candidate = (*word)->text;
    if (candidate.size() > best.length && text.starts_with(candidate) &&
        EndsWord(text, candidate.size())) {
      best = {(*word)->kind, candidate.size()};
    }
  }
  return best;
}

bool ReadsAsRefusal(std::string_view reply) {
  constexpr std::string_view kTypographicApostrophe = "\xE2\x80\x99";
  std::string lower;
  lower.reserve(reply.size());
  while (!reply.empty()) {
    const size_t end = std::min(reply.find(kTypographicApostrophe), reply.size());
    lower.append(AsciiLower(reply.substr(0, end)));
    reply.remove_prefix(end);
    if (reply.empty()) break;
    lower.push_back('\'');
    reply.remove_prefix(kTypographicApostrophe.size());
  }
  return std::any_of(kRefusals.begin(), kRefusals.end(), [&](std::string_view phrase) {
    return lower.find(phrase) != std::string::npos;
  });
}

}  // namespace gre
