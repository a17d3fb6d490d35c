#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"
#include "core/result.h"

namespace gre {

// Commands that write a file in one go ask before they begin whether they would overwrite one.

// kInvalidArgument names the option when `path` is a file, or a folder that is not empty, unless
// `force`. An empty path names nothing.
Status CheckOverwrite(std::string_view option, const std::string& path, bool force);

// --force: overwrites what the command's outputs name.
OptionSpec ForceOption(bool& force);

}  // namespace gre
