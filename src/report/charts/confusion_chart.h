#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gre {

// One record's true and answered country, by name; no answer is an empty name.
struct CountryPair {
  std::string truth;
  std::string answer;
};

// Which countries are taken for which.
struct ConfusionMatrix {
  std::string title = "Confusion between countries";
  std::string subtitle;
  std::vector<std::string> truths;          // rows
  std::vector<std::string> answers;         // columns; those named like a row are its right answers
  std::vector<std::vector<size_t>> counts;  // [truth][answer]
  std::string note;                         // below the matrix
};

inline constexpr std::string_view kOtherCountries = "other";
inline constexpr std::string_view kNoAnswer = "no answer";

// The `most` countries that occur most often as truth or answer, by falling number of truths; the
// rest together as "other" (the note says how many of other's answers as "other" are right), and
// records without an answer as "no answer". Rows and columns without records are left out. Records
// without a true country are not counted.
ConfusionMatrix CountCountries(std::span<const CountryPair> records, size_t most = 12);

// A heat map: the count in each cell, shaded by its share of the row in equal steps of perceived
// lightness; right answers are framed.
std::string ConfusionSvg(const ConfusionMatrix& matrix);

}  // namespace gre
