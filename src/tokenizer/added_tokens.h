#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gre {

// A token that stands outside the BPE vocabulary and is matched as a whole.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;     // removed by Decode(..., skip_special)
  bool normalized = false;  // matched after normalisation instead of before
};

// Finds added tokens in a text: leftmost first, and the longest of those that start there.
// Immutable after construction; thread-safe. Keeps pointers into the tokens it was given.
class AddedTokenMatcher {
 public:
  explicit AddedTokenMatcher(const std::vector<const AddedToken*>& tokens);

  struct Match {
    const AddedToken* token = nullptr;  // null: none up to the end of the text
    size_t begin = 0;
  };
  [[nodiscard]] Match FindFirst(std::string_view text, size_t from) const;

 private:
  // By first byte, longest first.
  std::array<std::vector<const AddedToken*>, 256> by_first_byte_;
};

}  // namespace gre
