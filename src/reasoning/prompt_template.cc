#include "reasoning/prompt_template.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr size_t kMaxTemplateBytes = size_t{1} << 20;
constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

Error AtLine(size_t line, std::string_view what) {
  return Error{ErrorCode::kInvalidArgument,
               "prompt template, line " + std::to_string(line) + ": " + std::string(what)};
}

Error Unused(const std::string& name) {
  std::string message = "prompt template: '";
  message.append(name).append("' is given but {{").append(name).append("}} stands nowhere");
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

size_t CountLines(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

struct Section {
  std::string_view text;
  size_t first_line = 0;
};

struct Sections {
  std::optional<Section> system;
  std::optional<Section> user;
};

Result<Sections> CutSections(std::string_view file) {
  Sections sections;
  std::optional<Section>* current = nullptr;
  size_t line_number = 0;
  for (size_t begin = 0; begin < file.size();) {
    ++line_number;
    const size_t end = std::min(file.find('\n', begin), file.size());
    const std::string_view line = Trim(file.substr(begin, end - begin));
    const size_t next = std::min(end + 1, file.size());
    if (line == "[system]" || line == "[user]") {
      current = line == "[system]" ? &sections.system : &sections.user;
      if (*current) return AtLine(line_number, std::string(line) + " stands here a second time");
      *current = Section{file.substr(next, 0), line_number + 1};
    } else if (current != nullptr) {
      Section& section = **current;
      const auto offset = static_cast<size_t>(section.text.data() - file.data());
      section.text = file.substr(offset, next - offset);
    } else if (!line.empty() && !line.starts_with('#')) {
      return AtLine(line_number, "text before [system] or [user] that is no '#' remark");
    }
    begin = next;
  }
  if (!sections.user) return AtLine(line_number, "no [user] section");
  return sections;
}

}  // namespace

Result<PromptTemplate> PromptTemplate::Parse(std::string_view file) {
  if (file.size() > kMaxTemplateBytes) {
    return Error{ErrorCode::kInvalidArgument, "prompt template: larger than 1 MiB"};
  }
  if (!IsValidUtf8(file)) {
    return Error{ErrorCode::kInvalidArgument, "prompt template: not valid UTF-8"};
  }
  GRE_ASSIGN_OR_RETURN(const Sections sections, CutSections(file));
  PromptTemplate prompt;
  if (sections.system) {
    GRE_ASSIGN_OR_RETURN(prompt.system_,
                         ParseMessage(sections.system->text, sections.system->first_line));
  }
  GRE_ASSIGN_OR_RETURN(prompt.user_, ParseMessage(sections.user->text, sections.user->first_line));
  prompt.hash_ = Sha256Hex(file);
  return prompt;
}

Result<PromptTemplate> PromptTemplate::Load(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::string file, ReadFile(path, kMaxTemplateBytes));
  Result<PromptTemplate> prompt = Parse(file);
  if (!prompt.ok()) return std::move(prompt).error().Wrap(path);
  return prompt;
}

Result<PromptTemplate::Message> PromptTemplate::ParseMessage(std::string_view text,
                                                             size_t first_line) {
  Message message;
  std::string literal;
  std::string open_block;
  size_t line = first_line;
  const auto flush = [&] {
    if (!literal.empty()) message.push_back({Piece::Kind::kText, std::move(literal)});
    literal.clear();
  };
  for (;;) {
    const size_t open = text.find(kOpen);
    literal.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    line += CountLines(text.substr(0, open));
    text.remove_prefix(open + kOpen.size());
    if (text.starts_with(kOpen)) {
      literal.append(kOpen);
      text.remove_prefix(kOpen.size());
      continue;
    }
    const size_t close = text.find(kClose);
    std::string_view name = text.substr(0, close);
    Piece::Kind kind = Piece::Kind::kValue;
    if (name.starts_with('#')) kind = Piece::Kind::kBlockBegin;
    if (name.starts_with('/')) kind = Piece::Kind::kBlockEnd;
    if (kind != Piece::Kind::kValue) name.remove_prefix(1);
    if (close == std::string_view::npos || !IsName(name)) {
      return AtLine(line, "'{{' is not followed by a name of a-z, 0-9, _ and '}}'");
    }
    if (kind == Piece::Kind::kBlockBegin && !open_block.empty()) {
      return AtLine(line, "block '" + std::string(name) + "' begins inside '" + open_block + "'");
    }
    if (kind == Piece::Kind::kBlockEnd && open_block != name) {
      return AtLine(line, "'{{/" + std::string(name) + "}}' ends a block that is not open");
    }
    if (kind == Piece::Kind::kBlockBegin) open_block = name;
    if (kind == Piece::Kind::kBlockEnd) open_block.clear();
    flush();
    message.push_back({kind, std::string(name)});
    text.remove_prefix(close + kClose.size());
  }
  flush();
  if (!open_block.empty()) {
    return AtLine(line, "block '" + open_block + "' is never ended");
  }
  return message;
}

std::string PromptTemplate::RenderMessage(
    const Message& message, const std::map<std::string, std::string, std::less<>>& values) {
  std::string rendered;
  bool hidden = false;
  for (const Piece& piece : message) {
    switch (piece.kind) {
      case Piece::Kind::kText:
        if (!hidden) rendered.append(piece.text);
        break;
      case Piece::Kind::kValue:
        if (!hidden) rendered.append(values.find(piece.text)->second);
        break;
      case Piece::Kind::kBlockBegin:
        hidden = values.find(piece.text)->second.empty();
        break;
      case Piece::Kind::kBlockEnd:
        hidden = false;
        break;
    }
  }
  return std::string(Trim(rendered));
}

Result<RenderedPrompt> PromptTemplate::Render(
    const std::map<std::string, std::string, std::less<>>& values) const {
  const std::vector<std::string> names = Names();
  for (const std::string& name : names) {
    if (!values.contains(name)) {
      return Error{ErrorCode::kInvalidArgument, "prompt template: no value for '" + name + "'"};
    }
  }
  for (const auto& [name, value] : values) {
    if (!value.empty() && !std::binary_search(names.begin(), names.end(), name)) {
      return Unused(name);
    }
  }
  return RenderedPrompt{RenderMessage(system_, values), RenderMessage(user_, values)};
}

std::vector<std::string> PromptTemplate::Names() const {
  std::set<std::string> names;
  for (const Message* message : {&system_, &user_}) {
    for (const Piece& piece : *message) {
      if (piece.kind != Piece::Kind::kText) names.insert(piece.text);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace gre
