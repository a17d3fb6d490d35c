// gre dataset: reasoning data from geotagged photos.
#include "cli/commands.h"
#include "cli/dataset_commands.h"

namespace gre {

CommandSpec DatasetCommand() {
  CommandSpec command;
  command.name = "dataset";
  command.summary =
      "Builds reasoning data (GRE30K: chains, judgements, seeds) from geotagged photos";
  command.commands = {DatasetCheckCommand(), DatasetCotCommand(), DatasetJudgeCommand(),
                      DatasetReviewCommand(), DatasetSeedCommand()};
  return command;
}

}  // namespace gre
