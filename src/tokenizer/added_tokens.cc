#include "tokenizer/added_tokens.h"

#include <algorithm>

namespace gre {

AddedTokenMatcher::AddedTokenMatcher(const std::vector<const AddedToken*>& tokens) {
  for (const AddedToken* token : tokens) {
    by_first_byte_[static_cast<unsigned char>(token->content[0])].push_back(token);
  }
  for (auto& bucket : by_first_byte_) {
    std::stable_sort(bucket.begin(), bucket.end(), [](const AddedToken* a, const AddedToken* b) {
      return a->content.size() > b->content.size();
    });
  }
}

AddedTokenMatcher::Match AddedTokenMatcher::FindFirst(std::string_view text, size_t from) const {
  for (size_t i = from; i < text.size(); ++i) {
    for (const AddedToken* token : by_first_byte_[static_cast<unsigned char>(text[i])]) {
      if (text.substr(i).starts_with(token->content)) return {token, i};
    }
  }
  return {nullptr, text.size()};
}

}  // namespace gre
