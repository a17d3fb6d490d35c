#pragma once

#include "cli/command.h"

namespace gre {

// The subcommands of `gre bench`, one file each.
CommandSpec BenchImportCommand();
CommandSpec BenchRunCommand();
CommandSpec BenchScoreCommand();
CommandSpec BenchReportCommand();
CommandSpec BenchSpeedCommand();

}  // namespace gre
