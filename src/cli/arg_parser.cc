#include "cli/arg_parser.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <CLI/CLI.hpp>

namespace gre {
namespace {

// CLI11's errors speak of its own notions; these are the program's.
size_t EditDistance(const std::string& a, const std::string& b) {
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

std::string Suggestion(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = 3;  // more edits are no typing error
  for (const std::string& name : known) {
    const size_t distance = EditDistance(word.substr(0, word.find('=')), name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best.empty() ? "" : " (did you mean " + best + "?)";
}

// One command's CLI11 app, with what its options hold after parsing.
struct Node {
  const CommandSpec* spec = nullptr;
  CLI::App* app = nullptr;
  std::vector<std::pair<const OptionSpec*, CLI::Option*>> options;
};

void Declare(CLI::App& app, const CommandSpec& spec, const std::vector<OptionSpec>& common,
             std::vector<Node>& nodes) {
  Node node{&spec, &app, {}};
  app.set_help_flag();  // --help is one of the common options
  app.prefix_command(false);
  const auto add = [&](const OptionSpec& option) {
    std::string names = option.positional ? option.name : "--" + option.name;
    if (option.letter != 0) {
      names += std::string(",-") + option.letter;
    }
    CLI::Option* added = nullptr;
    if (std::holds_alternative<bool*>(option.target)) {
      added = app.add_flag(names);
    } else {
      added = app.add_option(names);
      const bool list = std::holds_alternative<std::vector<std::string>*>(option.target);
      if (option.positional && list) {
        added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
        added->allow_extra_args(true);  // also behind other options
      } else {
        added->expected(1);
        added->multi_option_policy(list ? CLI::MultiOptionPolicy::TakeAll
                                        : CLI::MultiOptionPolicy::TakeLast);
      }
    }
    node.options.emplace_back(&option, added);
  };
  for (const OptionSpec& option : spec.options) {
    add(option);
  }
  for (const OptionSpec& option : common) {
    add(option);
  }
  nodes.push_back(std::move(node));
  for (const CommandSpec& command : spec.commands) {
    Declare(*app.add_subcommand(command.name), command, common, nodes);
  }
}

std::vector<std::string> KnownWords(const Node& node) {
  std::vector<std::string> words;
  for (const auto& [option, unused] : node.options) {
    if (!option->positional) {
      words.push_back("--" + option->name);
    }
  }
  for (const CommandSpec& command : node.spec->commands) {
    words.push_back(command.name);
  }
  return words;
}

}  // namespace

Result<ParsedArguments> ParseArguments(const CommandSpec& program,
                                       const std::vector<OptionSpec>& common,
                                       const std::vector<std::string>& words) {
  CLI::App app;
  app.allow_extras();  // reported below, with suggestions
  std::vector<Node> nodes;
  Declare(app, program, common, nodes);
  for (const Node& node : nodes) {
    node.app->allow_extras();
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return Error{ErrorCode::kInvalidArgument, error.what()};
  }
  ParsedArguments parsed;
  for (const Node& node : nodes) {
    if (node.app != &app && !node.app->parsed()) {
      continue;
    }
    parsed.path.push_back(node.spec);
    std::vector<std::string> extras = node.app->remaining();
    std::erase(extras, "--");  // CLI11 leaves the mark itself there
    if (!extras.empty()) {
      const bool wants_command = !node.spec->commands.empty() && extras[0].front() != '-';
      return Error{ErrorCode::kInvalidArgument,
                   std::string(wants_command ? "unknown command '" : "unexpected argument '") +
                       extras[0] + "'" + Suggestion(extras[0], KnownWords(node))};
    }
    for (const auto& [option, parsed_option] : node.options) {
      if (parsed_option->count() == 0) {
        continue;
      }
      std::vector<std::string> values = parsed_option->results();
      if (!std::holds_alternative<std::vector<std::string>*>(option->target) &&
          !std::holds_alternative<bool*>(option->target)) {
        values.erase(values.begin(), values.end() - 1);  // the last one counts
      }
      parsed.given.emplace_back(option, std::move(values));
    }
  }
  return parsed;
}

}  // namespace gre
