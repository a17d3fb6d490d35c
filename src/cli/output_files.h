#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "core/result.h"

namespace gre {

// What a command reads and writes, checked before it works: no output may destroy an input, another
// output or, unasked, what somebody keeps under its name.
struct CommandFiles {
  struct File {
    std::string option;      // "--out"
    std::string path;        // empty: not given
    bool is_folder = false;  // of outputs: it is made with all folders above it
  };
  std::vector<File> inputs = {};  // files and folders
  std::vector<File> outputs = {};
  bool force = false;  // existing files may be overwritten
};

// Equal paths are found behind symbolic and hard links. kInvalidArgument when an output is an input
// or another output, whatever `force` says, and for what is neither a regular file nor absent.
Status RefuseSharedFiles(const CommandFiles& files);

// kInvalidArgument when one file is named twice.
Status RefuseRepeatedFiles(const std::string& option, const std::vector<std::string>& paths);

// RefuseSharedFiles; without `force` also kInvalidArgument for an output that exists and is not
// empty (a folder: that holds anything), and kInvalidArgument or kUnavailable for a folder that is
// not there or cannot be written.
Status CheckOutputFiles(const CommandFiles& files);

// --force for commands that check with CheckOutputFiles.
OptionSpec ForceOption(bool& force);

}  // namespace gre
