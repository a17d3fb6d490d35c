#pragma once

#include "cli/command.h"

namespace gre {

// The commands of `gre train` that have files of their own.
CommandSpec TrainReportCommand();

}  // namespace gre
