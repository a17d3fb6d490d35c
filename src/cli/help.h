#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace gre {

// What --help prints for the command at the end of `path`.
std::string HelpText(const std::vector<const CommandSpec*>& path,
                     const std::vector<OptionSpec>& common, int columns);
// gre(1) in man's macros: every command with its options.
std::string ManPage(const CommandSpec& program, const std::vector<OptionSpec>& common);
// A completion script for "bash", "zsh" or "fish".
std::string CompletionScript(const CommandSpec& program, const std::vector<OptionSpec>& common,
                             const std::string& shell);

}  // namespace gre
