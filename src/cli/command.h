#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/log.h"
#include "core/result.h"

namespace gre {

// What the program ends with; part of the command line's contract.
enum ExitCode : int {
  kExitDone = 0,
  kExitSomeFailed = 1,   // some inputs failed, the rest is written
  kExitUsage = 2,        // wrong usage or configuration
  kExitEnvironment = 3,  // the environment lacks something
  kExitCheckFailed = 4,  // a check said no
  kExitInterrupted = 130,
};

// The exit code of a command that an error ended: the command as a whole did not do its work, so it
// is never kExitSomeFailed but for a defect of the program.
ExitCode ExitCodeOf(const Error& error);

class CliContext;

// Where a setting's value goes; its value when the command is declared is the default.
using OptionTarget = std::variant<bool*, std::string*, std::vector<std::string>*, int*, int64_t*,
                                  uint64_t*, double*, std::optional<double>*>;

// One setting: this declaration drives parsing, checks, help, man page, completion, environment
// variable (GRE_NAME) and configuration key.
struct OptionSpec {
  std::string name = {};  // "max-pixels" is --max-pixels, GRE_MAX_PIXELS and max-pixels = ... in
                          // config.toml; for positional arguments what help calls them ("PHOTO")
  char letter = 0;        // "-q"
  std::string value_name = {};  // "N"; empty for a switch
  std::string help = {};        // one sentence
  OptionTarget target = {};
  std::vector<std::string> choices = {};  // empty = anything
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool positional = false;   // takes all remaining words when the target is a list
  bool required = false;     // positional arguments only
  bool configurable = true;  // may come from the environment and config.toml
  bool is_path = false;      // completion offers files
  // Names a file of settings that is read instead of the user's config.toml; a text.
  bool is_settings_file = false;
};

// Adds the settings of a part of a command behind the others.
void Append(std::vector<OptionSpec>& options, std::vector<OptionSpec> more);

// A command or a group of commands. What its targets point to lives in `run`'s captures.
struct CommandSpec {
  std::string name = {};
  std::string summary = {};      // one line
  std::string description = {};  // paragraphs for --help and the man page; may be empty
  std::vector<OptionSpec> options = {};
  std::vector<CommandSpec> commands = {};  // a group has commands and no run
  std::function<ExitCode(CliContext&)> run = {};
  // What is logged unless the user says otherwise; a command whose progress is in the log says
  // kInfo.
  LogLevel log_level = LogLevel::kWarning;
};

// A word of the command line in an error: in quotes, cut at '=', behind which a secret may stand.
std::string QuoteWord(const std::string& word);

// "--max-pixels" or, for positional arguments, "PHOTO".
std::string DisplayName(const OptionSpec& option);
// "GRE_MAX_PIXELS".
std::string EnvironmentName(const OptionSpec& option);
// The value of the target as text, as it would be written on the command line; empty for unset
// ones.
std::string TargetText(const OptionSpec& option);
// Parses and stores `text` (for lists: adds it). The error says what was expected; `source` names
// where the text came from ("--samples", "GRE_SAMPLES", "config.toml: samples").
Status AssignOption(const OptionSpec& option, const std::string& text, const std::string& source);

}  // namespace gre
