#pragma once

#include <cstdint>
#include <string_view>

namespace gre {

// The words that mean something beside coordinates, in many languages. Internal to reasoning.
enum class WordKind : uint8_t {
  kNone,
  kLatitude,
  kLongitude,
  kWeakLatitude,   // also an everyday word ("Breite"): a label only right before its number
  kWeakLongitude,  // likewise ("long", "Länge")
  kNorth,
  kSouth,
  kEast,
  kWest,
  kEastOrWest,  // the letter O: west in Romance languages, east in German
  kDegree,
  kMinute,
  kSecond,
  kQuantity,  // names a number that is no coordinate: "confidence", "zoom"
  kUnit,      // follows a number that is no coordinate: "km"
  kAnd,
};

struct WordMatch {
  WordKind kind = WordKind::kNone;
  size_t length = 0;  // in code points
};

// The longest word of the vocabulary at the start of `text` (folded by FoldForScan). A word of an
// alphabet with spaces must end where no letter follows.
WordMatch MatchWord(std::u32string_view text);

// True when the reply, lower-case, says in words that it gives no place ("cannot be determined",
// "No GPS data available", "无法确定").
bool ReadsAsRefusal(std::string_view reply);

}  // namespace gre
