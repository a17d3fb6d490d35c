#pragma once

#include "cli/command.h"

namespace gre {

// The subcommands of `gre bench`, one file each.
CommandSpec BenchBuildCommand();
CommandSpec BenchReviewCommand();
CommandSpec BenchImportCommand();
CommandSpec BenchCompareCommand();
CommandSpec BenchFuseCommand();
CommandSpec BenchRunCommand();
CommandSpec BenchScoreCommand();
CommandSpec BenchReportCommand();
CommandSpec BenchSpeedCommand();

}  // namespace gre
