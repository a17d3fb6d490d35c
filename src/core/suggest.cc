#include "core/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/strings.h"

namespace gre {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
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
  size_t best_distance = std::min<size_t>(3, wanted.size());  // more edits are no typing error
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
