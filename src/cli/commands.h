#pragma once

#include "cli/command.h"

namespace gre {

// One file each.
CommandSpec LocateCommand();
CommandSpec TrainCommand();
CommandSpec RewardsCommand();
CommandSpec ModelCommand();
CommandSpec BenchCommand();
CommandSpec CalibrateCommand();
CommandSpec DatasetCommand();
CommandSpec DoctorCommand();
CommandSpec CompletionCommand();
CommandSpec ManCommand();

}  // namespace gre
