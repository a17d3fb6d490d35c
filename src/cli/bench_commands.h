#pragma once

#include "cli/command.h"

namespace gre {

// The subcommands of `gre bench`, one file each.
CommandSpec BenchCompareCommand();
CommandSpec BenchFuseCommand();
CommandSpec BenchRunCommand();
CommandSpec BenchScoreCommand();

}  // namespace gre
