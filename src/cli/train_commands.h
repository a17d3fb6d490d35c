#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace gre {

// --config and --set, which every command takes that reads a recipe. Both targets must outlive the
// command.
std::vector<OptionSpec> RecipeOptions(std::string& config_path,
                                      std::vector<std::string>& overrides);

// The commands of `gre train` that have files of their own.
CommandSpec TrainAblateCommand();
CommandSpec TrainExportCommand();
CommandSpec TrainPlanCommand();
CommandSpec TrainReportCommand();

}  // namespace gre
