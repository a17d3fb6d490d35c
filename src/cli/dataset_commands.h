#pragma once

#include "cli/command.h"

namespace gre {

// The subcommands of `gre dataset`, one file each.
CommandSpec DatasetImportCommand();
CommandSpec DatasetCheckCommand();
CommandSpec DatasetSeedCommand();
CommandSpec DatasetCotCommand();
CommandSpec DatasetJudgeCommand();
CommandSpec DatasetReviewCommand();
CommandSpec DatasetExportCommand();
CommandSpec DatasetStatsCommand();

}  // namespace gre
