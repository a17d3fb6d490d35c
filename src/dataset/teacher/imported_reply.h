#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/result.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_table.h"

namespace gre {

// A chain that came with an imported record.
struct ImportedReply {
  std::string teacher;  // "imported:NAME"
  std::string text;
  std::string instruction;  // what was asked, as text; "" unknown
};

// Stores chains that nobody asked for here, each as the next sample of its teacher for the photo;
// instructions become prompts by their hash. Not thread-safe.
class ImportedReplies {
 public:
  explicit ImportedReplies(Database& database) : replies_(database) {}

  // False when the photo has this text from this teacher already. `photo` has its number.
  Result<bool> Store(const Photo& photo, const ImportedReply& imported);
  // The stored one; nullopt where there is none.
  Result<std::optional<Reply>> Find(const Photo& photo, const ImportedReply& imported);

 private:
  ReplyTable replies_;
  std::set<std::string> teachers_;  // that are in the table
  std::string prompt_hash_;         // that was added last
};

}  // namespace gre
