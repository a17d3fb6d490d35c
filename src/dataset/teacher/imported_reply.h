#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/result.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_table.h"
#include "reasoning/prompt_template.h"

namespace gre {

// A chain that came with an imported record.
struct ImportedReply {
  std::string teacher;  // "imported:NAME"
  std::string text;
  RenderedPrompt instruction;  // what was asked; empty: unknown
};

// An imported instruction as the text of a prompt (table prompts): the question as it came, or,
// where there is a system message, {"system": …, "user": …} as JSON. The second gives back what the
// first was given, whatever the question is.
std::string ImportedPromptText(const RenderedPrompt& instruction);
RenderedPrompt ReadImportedPrompt(const std::string& text);

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
