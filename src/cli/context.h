#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "core/cancellation.h"

namespace gre {

// What every command is given: the outside world, once.
class CliContext {
 public:
  CliContext(const CommandSpec& program, const std::vector<OptionSpec>& common,
             Environment environment, CancellationToken& cancellation)
      : program_(program),
        common_(common),
        environment_(std::move(environment)),
        cancellation_(cancellation) {}

  // Set from the common options before the command runs.
  bool json = false;
  bool quiet = false;
  TerminalInfo out_terminal;
  TerminalInfo err_terminal;
  Output out;

  [[nodiscard]] const CommandSpec& program() const { return program_; }
  [[nodiscard]] const std::vector<OptionSpec>& common() const { return common_; }
  [[nodiscard]] const Environment& environment() const { return environment_; }
  [[nodiscard]] CancellationToken& cancellation() const { return cancellation_; }
  [[nodiscard]] std::string cache_directory() const { return CacheDirectory(environment_); }

  // One line "gre: ..." on standard error, whatever the log level. Control characters, with which
  // file names and servers' texts could drive the terminal, become blanks.
  void PrintError(const Error& error) const;
  // The same for what is no error; nothing with -q.
  void Note(const std::string& text) const;
  // Ends a command as a whole: prints the error, with --json also as an object on standard output,
  // and returns its exit code.
  ExitCode Fail(const Error& error);
  // The exit code of a finished command: kExitInterrupted after Ctrl-C, kExitEnvironment when
  // standard output could not be written, else `code`.
  ExitCode Finish(ExitCode code) const;

 private:
  const CommandSpec& program_;
  const std::vector<OptionSpec>& common_;
  Environment environment_;
  CancellationToken& cancellation_;
};

// The folder of the running executable, without a trailing slash.
std::string ExecutableDirectory();

}  // namespace gre
