#pragma once

#include <string>
#include <vector>

namespace gre {

// Processes that train one model together, as torchrun tells them in its environment variables.
struct TrainingProcesses {
  int rank = 0;
  int size = 1;
  int local_rank = 0;        // among those of this machine: which device
  std::string address = {};  // where they meet: the machine of rank 0
  int port = 0;
  bool meeting_runs = false;  // the launcher holds the meeting itself (torchrun)
  int attempt = 0;            // of the launcher
};

// A call of a training stage.
struct TrainingCall {
  std::string config_path;             // TOML
  std::vector<std::string> overrides;  // "section.key=value"
  bool resume = false;
  TrainingProcesses processes = {};
  std::string api_key = {};  // of a server that draws completions; "" none
};

}  // namespace gre
