// gre dataset: reasoning data from geotagged photos.
#include "cli/commands.h"
#include "cli/dataset_commands.h"

namespace gre {

CommandSpec DatasetCommand() {
  CommandSpec command;
  command.name = "dataset";
  command.summary =
      "Builds reasoning data (GRE30K: chains, judgements, seeds) from geotagged photos";
  command.commands = {DatasetImportCommand(), DatasetCheckCommand(), DatasetSeedCommand(),
                      DatasetCotCommand(),    DatasetJudgeCommand(), DatasetReviewCommand(),
                      DatasetExportCommand(), DatasetStatsCommand()};
  return command;
}

}  // namespace gre
