#include "generation/stop_matcher.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/check.h"

namespace gre {
namespace {

// Length of the longest end of `text` that begins `stop` without completing it.
size_t LongestPartialMatch(std::string_view text, std::string_view stop) {
  for (size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length) {
    if (text.substr(text.size() - length) == stop.substr(0, length)) return length;
  }
  return 0;
}

}  // namespace

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  for (const std::string& stop : stops_) GRE_CHECK(!stop.empty());
}

std::string StopMatcher::Push(std::string_view piece) {
  if (matched_) return {};
  held_ += piece;
  // The stop text that is complete first wins, so that the cuts between pieces do not matter.
  size_t match_begin = std::string::npos;
  size_t match_end = std::string::npos;
  size_t partial = 0;
  for (const std::string& stop : stops_) {
    partial = std::max(partial, LongestPartialMatch(held_, stop));
    const size_t begin = held_.find(stop);
    if (begin == std::string::npos) continue;
    if (std::tie(match_end, match_begin) > std::tuple(begin + stop.size(), begin)) {
      match_begin = begin;
      match_end = begin + stop.size();
    }
  }
  matched_ = match_begin != std::string::npos;
  std::string released = held_.substr(0, matched_ ? match_begin : held_.size() - partial);
  held_.erase(0, matched_ ? held_.size() : released.size());
  return released;
}

std::string StopMatcher::Flush() { return std::exchange(held_, {}); }

}  // namespace gre
