#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gre {

// An annotated clue of a photo, ready to be looked for in texts. By words alone, compared as
// FoldName writes them:
//   - a country is met under any of its names ("USA" for "United States"), but not as an adjective;
//   - of a place with its surroundings ("Kyoto, Japan") the first name must occur;
//   - a pattern "FEATURE -> REGION" needs the words of the feature, in any order and number, and
//     the region;
//   - anything else as whole words in a row.
// Immutable, thread-safe.
class Clue {
 public:
  explicit Clue(std::string_view indicator);

  // `folded` as FoldName leaves it.
  [[nodiscard]] bool IsIn(std::string_view folded) const;

 private:
  std::vector<std::string> names_;  // folded; one of them must occur
  std::vector<std::string> words_;  // of a feature, singular; all of them must occur
};

// Whether `folded` holds `name` (both as FoldName leaves them) as whole words.
bool HoldsName(std::string_view folded, std::string_view name);

}  // namespace gre
