#include "cli/program.h"

#include <algorithm>

#include <unistd.h>

#include "cli/arg_parser.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/version.h"
#include "core/log.h"

namespace gre {
namespace {

struct CommonOptions {
  bool help = false;
  bool version = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string log_level;  // empty: the command's own
  std::string color = "auto";
};

std::vector<OptionSpec> CommonSpecs(CommonOptions& options) {
  return {
      {.name = "json",
       .help = "Print one machine-readable JSON object (JSON Lines for several results)",
       .target = &options.json},
      {.name = "quiet",
       .letter = 'q',
       .help = "No progress and no messages but errors",
       .target = &options.quiet},
      {.name = "verbose", .letter = 'v', .help = "Say what is done", .target = &options.verbose},
      {.name = "log-level",
       .value_name = "LEVEL",
       .help = "What goes to standard error",
       .target = &options.log_level,
       .choices = {"debug", "info", "warning", "error", "off"}},
      {.name = "color",
       .value_name = "WHEN",
       .help = "Colours; auto honours NO_COLOR",
       .target = &options.color,
       .choices = {"auto", "always", "never"}},
      {.name = "help",
       .letter = 'h',
       .help = "Print this help",
       .target = &options.help,
       .configurable = false},
      {.name = "version",
       .help = "Print the version",
       .target = &options.version,
       .configurable = false},
  };
}

LogLevel LevelOf(const CommonOptions& options, LogLevel default_level) {
  if (options.quiet) {
    return LogLevel::kError;
  }
  if (options.log_level == "debug") {
    return LogLevel::kDebug;
  }
  if (options.log_level == "info" || options.verbose) {
    return LogLevel::kInfo;
  }
  if (options.log_level == "error") {
    return LogLevel::kError;
  }
  if (options.log_level == "warning") {
    return LogLevel::kWarning;
  }
  return options.log_level == "off" ? LogLevel::kOff : default_level;
}

// The full name of the command that the words mean, as far as they name one.
std::string NamedCommand(const CommandSpec& program, const std::vector<std::string>& words) {
  std::string name = program.name;
  const CommandSpec* command = &program;
  for (const std::string& word : words) {
    const auto child = std::ranges::find(command->commands, word, &CommandSpec::name);
    if (word == "--" || command->commands.empty()) {
      break;
    }
    if (child != command->commands.end()) {
      command = &*child;
      name += " " + word;
    }
  }
  return name;
}

// A positional argument that must be there and is not.
const OptionSpec* MissingArgument(const ParsedArguments& arguments) {
  for (const OptionSpec& option : arguments.path.back()->options) {
    bool given = false;
    for (const auto& [name, values] : arguments.given) {
      given = given || name == &option;
    }
    if (option.required && !given) {
      return &option;
    }
  }
  return nullptr;
}

bool WasGiven(const ParsedArguments& arguments, const bool* target) {
  for (const auto& [option, values] : arguments.given) {
    if (const auto* pointer = std::get_if<bool*>(&option->target);
        pointer != nullptr && *pointer == target) {
      return true;
    }
  }
  return false;
}

}  // namespace

CommandSpec GreProgram() {
  CommandSpec program;
  program.name = "gre";
  program.summary = "Where a photo was taken, and why";
  program.description =
      "A photo goes in; a chain of reasoning, coordinates with a radius, alternatives and a "
      "confidence come out.\n"
      "  gre locate photo.jpg\n"
      "  gre locate ~/Pictures/trip --out trip.html\n"
      "  gre locate photo.jpg --model Qwen/Qwen2.5-VL-7B-Instruct\n"
      "  gre locate photo.jpg --api-url http://localhost:8000/v1 --api-model NAME";
  program.commands = {LocateCommand(), BenchCommand(),      DatasetCommand(),
                      TrainCommand(),  RewardsCommand(),    ModelCommand(),
                      DoctorCommand(), CompletionCommand(), ManCommand()};
  return program;
}

ExitCode RunProgram(const std::vector<std::string>& given_words, const Environment& environment,
                    CancellationToken& cancellation) {
  std::vector<std::string> words = given_words;
  if (!words.empty() && words[0] == "help") {  // "gre help locate" as in git
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  CommonOptions options;
  const std::vector<OptionSpec> common = CommonSpecs(options);
  const CommandSpec program = GreProgram();
  CliContext context(program, common, environment, cancellation);
  // As it was asked for, even where the other words cannot be read.
  context.json = std::find(words.begin(), std::find(words.begin(), words.end(), "--"), "--json") !=
                 std::find(words.begin(), words.end(), "--");
  const auto fail_usage = [&](const Error& error, const std::string& command) {
    context.Fail({ErrorCode::kInvalidArgument, error.message + "; see " + command + " --help"});
    return kExitUsage;
  };

  const Result<ParsedArguments> arguments = ParseArguments(program, common, words);
  if (!arguments.ok()) {
    return fail_usage(arguments.error(), NamedCommand(program, words));
  }
  if (WasGiven(*arguments, &options.version)) {
    context.out.WriteLine(std::string("gre ") + kVersion);
    return context.Finish(kExitDone);
  }
  const TerminalInfo terminal = DescribeTerminal(STDOUT_FILENO, "auto", environment);
  if (WasGiven(*arguments, &options.help) || words.empty()) {
    context.out.Write(HelpText(arguments->path, common, terminal.columns));
    return context.Finish(words.empty() ? kExitUsage : kExitDone);
  }
  std::string full_name;
  for (const CommandSpec* part : arguments->path) {
    full_name += (full_name.empty() ? "" : " ") + part->name;
  }
  const CommandSpec& command = *arguments->path.back();
  if (!command.run) {
    return fail_usage({ErrorCode::kInvalidArgument, "'" + full_name + "' needs a command"},
                      full_name);
  }
  if (const OptionSpec* missing = MissingArgument(*arguments)) {
    return fail_usage({ErrorCode::kInvalidArgument, "'" + full_name + "' needs " + missing->name},
                      full_name);
  }
  if (const Status status =
          ApplySettings(*arguments, program, common, environment, ConfigPath(environment));
      !status.ok()) {
    return fail_usage(status.error(), full_name);
  }
  SetLogLevel(LevelOf(options, command.log_level));
  context.json = options.json;
  context.quiet = options.quiet;
  context.out_terminal = DescribeTerminal(STDOUT_FILENO, options.color, environment);
  context.err_terminal = DescribeTerminal(STDERR_FILENO, options.color, environment);
  return context.Finish(command.run(context));
}

}  // namespace gre
