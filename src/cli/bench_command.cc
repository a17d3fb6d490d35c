// gre bench: benchmarks of places and of reasoning.
#include "cli/bench_commands.h"
#include "cli/commands.h"

namespace gre {

CommandSpec BenchCommand() {
  CommandSpec command;
  command.name = "bench";
  command.summary = "Measures how well any system locates photos, and what a difference is worth";
  command.commands = {BenchBuildCommand(),  BenchReviewCommand(), BenchImportCommand(),
                      BenchRunCommand(),    BenchScoreCommand(),  BenchCompareCommand(),
                      BenchReportCommand(), BenchFuseCommand(),   BenchSpeedCommand()};
  return command;
}

}  // namespace gre
