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

}  // namespace gre::testing
