#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// An instruction as a data file, so that a prompt is configuration with a hash and never code.
//
//   # Lines before the first section are remarks.
//   [system]
//   text of the system message
//   [user]
//   text of the user message with {{name}} and
//   {{#name}}text that stays only where name has a value that is not empty{{/name}}
//
// [user] is required, [system] optional; each at most once, alone on its line. Blocks do not nest.
// A
// "{{" that should be text is written "{{{{". White space at the ends of a message is dropped.

struct RenderedPrompt {
  std::string system;  // empty: none
  std::string user;
};

class PromptTemplate {
 public:
  // Errors name the line and what is wrong with it.
  static Result<PromptTemplate> Parse(std::string_view file);
  // Reads and parses; the error starts with the path.
  static Result<PromptTemplate> Load(const std::string& path);

  // Every name that the template uses must be in `values`, and every value that is not empty be
  // used: a hole that nobody fills or a value that goes nowhere is an error that names it. Values
  // are inserted as they are and not read as template text.
  [[nodiscard]] Result<RenderedPrompt> Render(
      const std::map<std::string, std::string, std::less<>>& values) const;

  // SHA-256 of the file's bytes, 64 hex digits: what results record.
  [[nodiscard]] const std::string& hash() const { return hash_; }
  // The names of placeholders and blocks, sorted, each once.
  [[nodiscard]] std::vector<std::string> Names() const;

 private:
  struct Piece {
    enum class Kind { kText, kValue, kBlockBegin, kBlockEnd };
    Kind kind = Kind::kText;
    std::string text;  // literal text, or the name
  };
  using Message = std::vector<Piece>;

  static Result<Message> ParseMessage(std::string_view text, size_t first_line);
  static std::string RenderMessage(const Message& message,
                                   const std::map<std::string, std::string, std::less<>>& values);

  Message system_;
  Message user_;
  std::string hash_;
};

}  // namespace gre
