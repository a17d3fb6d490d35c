#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "core/result.h"

namespace gre {

// What the words of a command line mean, before values are checked.
struct ParsedArguments {
  // From the program down to the chosen command; never empty. Points into the given tree.
  std::vector<const CommandSpec*> path;
  // Options and positional arguments in the order of their declaration, with their words. Switches
  // carry "true" once for each time they stand there.
  std::vector<std::pair<const OptionSpec*, std::vector<std::string>>> given;
};

// Splits the words after the program's name. `common` options are accepted by the program and by
// every command. kInvalidArgument for unknown words (with the nearest known one) and missing
// values; its text holds no more of a word than what stands before '='.
Result<ParsedArguments> ParseArguments(const CommandSpec& program,
                                       const std::vector<OptionSpec>& common,
                                       const std::vector<std::string>& words);

}  // namespace gre
