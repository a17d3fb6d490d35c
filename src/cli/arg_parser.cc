#include "cli/arg_parser.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <CLI/CLI.hpp>

#include "core/strings.h"
#include "core/suggest.h"

namespace gre {
namespace {

// One command's CLI11 app, with what its options hold after parsing.
struct Node {
  const CommandSpec* spec = nullptr;
  CLI::App* app = nullptr;
  std::vector<std::pair<const OptionSpec*, CLI::Option*>> options;
};

// Positional arguments are not declared: CLI11 would split "[a,b]" and take a folder that is called
// like a command for that command. They are what is left over.
void Declare(CLI::App& app, const CommandSpec& spec, const std::vector<OptionSpec>& common,
             std::vector<Node>& nodes) {
  Node node{&spec, &app, {}};
  app.set_help_flag();  // --help is one of the common options
  app.allow_extras();
  app.require_subcommand(0, 1);
  for (const auto* list : {&spec.options, &common}) {
    for (const OptionSpec& option : *list) {
      if (option.positional) {
        continue;
      }
      std::string names = "--" + option.name;
      if (option.letter != 0) {
        names += std::string(",-") + option.letter;
      }
      if (std::holds_alternative<bool*>(option.target)) {
        node.options.emplace_back(&option, app.add_flag(names));
      } else {
        const bool many = std::holds_alternative<std::vector<std::string>*>(option.target);
        CLI::Option* added = app.add_option(names)->expected(1)->multi_option_policy(
            many ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
        added->allow_extra_args(false);
        node.options.emplace_back(&option, added);
      }
    }
  }
  nodes.push_back(std::move(node));
  for (const CommandSpec& command : spec.commands) {
    Declare(*app.add_subcommand(command.name), command, common, nodes);
  }
}

std::vector<std::string> KnownOptions(const Node& node) {
  std::vector<std::string> words;
  for (const auto& [option, unused] : node.options) {
    words.push_back("--" + option->name);
  }
  return words;
}

std::vector<std::string> KnownCommands(const CommandSpec& spec) {
  std::vector<std::string> words;
  for (const CommandSpec& command : spec.commands) {
    words.push_back(command.name);
  }
  return words;
}

bool IsOption(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

Error BadWord(const std::string& what, const std::string& word,
              const std::vector<std::string>& known) {
  return {ErrorCode::kInvalidArgument,
          what + " " + QuoteWord(word) + Suggestion(word.substr(0, word.find('=')), known)};
}

// "--samples needs N"; CLI11's text begins with the option's name.
Error MissingValue(const std::vector<Node>& nodes, const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  for (const Node& node : nodes) {
    for (const auto& [option, unused] : node.options) {
      if (name == "--" + option->name) {
        return {ErrorCode::kInvalidArgument, name + " needs " + option->value_name};
      }
    }
  }
  return {ErrorCode::kInvalidArgument, "an option lacks its value"};
}

// Gives the words that are no options to the positional arguments.
Status AssignWords(const Node& node, const std::vector<std::string>& words,
                   ParsedArguments& parsed) {
  if (!node.spec->commands.empty()) {
    return words.empty() ? Status()
                         : BadWord("unknown command", words[0], KnownCommands(*node.spec));
  }
  size_t next = 0;
  for (const OptionSpec& option : node.spec->options) {
    if (!option.positional || next == words.size()) {
      continue;
    }
    const bool many = std::holds_alternative<std::vector<std::string>*>(option.target);
    const size_t end = many ? words.size() : next + 1;
    parsed.given.emplace_back(
        &option, std::vector<std::string>(words.begin() + static_cast<std::ptrdiff_t>(next),
                                          words.begin() + static_cast<std::ptrdiff_t>(end)));
    next = end;
  }
  return next == words.size() ? Status() : BadWord("unexpected argument", words[next], {});
}

}  // namespace

Result<ParsedArguments> ParseArguments(const CommandSpec& program,
                                       const std::vector<OptionSpec>& common,
                                       const std::vector<std::string>& words) {
  CLI::App app;
  std::vector<Node> nodes;
  Declare(app, program, common, nodes);
  const auto mark = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != mark; ++word) {
    if (word->starts_with("--") && word->find('=') == word->size() - 1) {  // CLI11 skips the ""
      return Error{ErrorCode::kInvalidArgument,
                   word->substr(0, word->size() - 1) + " needs a value"};
    }
  }
  try {
    app.parse(std::vector<std::string>(std::reverse_iterator(mark), words.rend()));
  } catch (const CLI::ArgumentMismatch& error) {
    return MissingValue(nodes, error.what());
  } catch (const CLI::ParseError&) {
    return Error{ErrorCode::kInvalidArgument, "these options cannot be read"};
  }
  ParsedArguments parsed;
  const Node* chosen = nullptr;
  std::vector<std::string> plain;
  for (const Node& node : nodes) {
    if (node.app != &app && !node.app->parsed()) {
      continue;
    }
    chosen = &node;
    parsed.path.push_back(node.spec);
    for (std::string& word : node.app->remaining()) {
      if (IsOption(word) && ParseDouble(word)) {
        return Error{ErrorCode::kInvalidArgument,
                     "unexpected number '" + word +
                         "': no option before it takes a value; after '--' it is a file"};
      }
      if (IsOption(word)) {
        return BadWord("unknown option", word, KnownOptions(node));
      }
      if (!node.spec->commands.empty()) {
        return BadWord("unknown command", word, KnownCommands(*node.spec));
      }
      plain.push_back(std::move(word));
    }
    for (const auto& [option, parsed_option] : node.options) {
      if (parsed_option->count() == 0) {
        continue;
      }
      std::vector<std::string> values = parsed_option->results();
      if (!std::holds_alternative<std::vector<std::string>*>(option->target) &&
          !std::holds_alternative<bool*>(option->target)) {
        // The last one counts, as wrappers expect; but files are easily taken for a list.
        if (option->is_path && values.front() != values.back()) {
          return Error{ErrorCode::kInvalidArgument,
                       "--" + option->name + " names one file, found '" + values.front() +
                           "' and '" + values.back() + "'"};
        }
        values.erase(values.begin(), values.end() - 1);
      }
      parsed.given.emplace_back(option, std::move(values));
    }
  }
  if (mark != words.end()) {
    plain.insert(plain.end(), mark + 1, words.end());
  }
  GRE_RETURN_IF_ERROR(AssignWords(*chosen, plain, parsed));
  return parsed;
}

}  // namespace gre
