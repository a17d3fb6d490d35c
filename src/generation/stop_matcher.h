#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gre {

// Ends a stream of text before the stop text that is complete first (of those that end together,
// the longest), wherever the stream is cut into pieces. Text that may still become a stop text is
// held back, so nothing of one is ever released. With stop texts in valid UTF-8 and pieces of whole
// characters, released text is whole characters too.
class StopMatcher {
 public:
  // No stop text may be empty.
  explicit StopMatcher(std::vector<std::string> stops);

  // Appends a piece and returns what is now certain to stand before any stop text. After a match,
  // pieces are ignored.
  std::string Push(std::string_view piece);
  // The text held back, once no more will come; empty after a match.
  std::string Flush();
  [[nodiscard]] bool matched() const { return matched_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool matched_ = false;
};

}  // namespace gre
