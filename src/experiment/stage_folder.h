#pragma once

#include <functional>
#include <string>

#include "core/result.h"

namespace gre {

// Stages of an experiment that are done once, each in a folder of its own.
struct FinishedStage {
  std::string name;
  std::string settings;  // SHA-256 of what it depends on
  double seconds = 0;    // that its calls took, but for killed ones
};

// Calls `work` unless the folder says that it was done with these settings; kInvalidArgument where
// it was done with others. `work` may find what an interrupted call of itself left. The folder is
// made. Killed at any moment, a stage is done or not.
Result<FinishedStage> RunStage(const std::string& name, const std::string& folder,
                               const std::string& settings, const std::function<Status()>& work);

}  // namespace gre
