#pragma once

#include "cli/command.h"

namespace gre {

// The subcommands of `gre bench`, one file each.
CommandSpec BenchRunCommand();
CommandSpec BenchScoreCommand();

}  // namespace gre
