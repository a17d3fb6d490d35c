#pragma once

#include <csignal>
#include <map>
#include <string>
#include <vector>

namespace gre::testing {

struct ProgramResult {
  int exit_code = -1;  // 128 + N when signal N ended it
  std::string out;
  std::string err;
};

struct ProgramOptions {
  std::map<std::string, std::string> environment;  // the whole of it
  std::string input;
  // > 0: the signal is sent once so much time has passed and `interrupt_when` (if set) exists.
  int interrupt_after_ms = 0;
  std::string interrupt_when;  // a file
  int interrupt_signal = SIGINT;
};

// An environment in which a program finds nothing of this machine's users: home, cache and
// configuration lie below `folder`.
std::map<std::string, std::string> IsolatedEnvironment(const std::string& folder);

// Runs a program to its end with pipes for its three streams.
ProgramResult RunProgramFile(const std::string& path, const std::vector<std::string>& arguments,
                             const ProgramOptions& options);

// A turn of a conversation: `say` is typed once `wait_for` stands on the screen behind what the
// turn before waited for.
struct TerminalTurn {
  std::string wait_for;
  std::string say;
};

// Runs a program on a pseudo-terminal of 100 columns that is its only terminal, so that "\x03" is
// Ctrl-C. `out` is what the screen got. `options` gives the environment. A program that does not
// come to a turn within a minute is killed.
ProgramResult RunOnTerminal(const std::string& path, const std::vector<std::string>& arguments,
                            const ProgramOptions& options, const std::vector<TerminalTurn>& turns);

}  // namespace gre::testing
