#pragma once

#include "cli/command.h"

namespace gre {

// The commands of `gre train` that have files of their own.
CommandSpec TrainExportCommand();
CommandSpec TrainPlanCommand();
CommandSpec TrainReportCommand();

}  // namespace gre
