#include "core/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "core/strings.h"

namespace gre {
namespace {

// Insertions, deletions, substitutions and exchanged neighbours, one each.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before;
  std::vector<size_t> last;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({substitution, last[j] + 1, row[j - 1] + 1});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::string NearestName(std::string_view word, std::span<const std::string> known) {
  constexpr size_t kLongest = 100;  // nobody mistypes more
  const std::string wanted = AsciiLower(word);
  if (wanted.size() < 2 || wanted.size() > kLongest) {
    return {};
  }
  std::string best;
  // More edits are no typing error, nor is a word most of whose letters are others.
  const size_t dashes = std::min(wanted.find_first_not_of('-'), wanted.size());
  size_t best_distance = std::min<size_t>(3, (wanted.size() - dashes) / 2 + 1);
  std::string longer;
  size_t longer_count = 0;
  for (const std::string& name : known) {
    const std::string candidate = AsciiLower(name);
    if (candidate.size() > wanted.size() && candidate.starts_with(wanted)) {
      longer = name;
      ++longer_count;
    }
    if (const size_t distance = EditDistance(wanted, candidate); distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return longer_count == 1 ? longer : best;
}

std::string Suggestion(std::string_view word, std::span<const std::string> known) {
  const std::string nearest = NearestName(word, known);
  return nearest.empty() ? nearest : " (did you mean " + nearest + "?)";
}

}  // namespace gre
