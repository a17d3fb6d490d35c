#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/arg_parser.h"
#include "core/result.h"

namespace gre {

// Reads one environment variable; nullopt when unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Fills the targets of the chosen command's and the common options: from the command line, else
// from GRE_NAME, else from config.toml, else they keep their default. Errors name the source, and
// keys of config.toml that no command knows are errors. A file that the command line names by an
// option with is_settings_file takes the place of config.toml and must exist.
//
// config.toml: top-level keys count for every command that has such an option, keys in a table
// named like a command ("[locate]", "[model.check]") for that one only and win.
Status ApplySettings(const ParsedArguments& arguments, const CommandSpec& program,
                     const std::vector<OptionSpec>& common, const Environment& environment,
                     const std::string& default_path);

// $XDG_CONFIG_HOME/gre/config.toml, with ~/.config where that is unset; "" without a HOME.
std::string ConfigPath(const Environment& environment);
// $XDG_CACHE_HOME/gre, with ~/.cache where that is unset; "" without a HOME. Who must write there
// then refuses with NoHome().
std::string CacheDirectory(const Environment& environment);
Error NoHome();

}  // namespace gre
