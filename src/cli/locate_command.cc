// gre locate
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/locate_run.h"

namespace gre {
namespace {

Result<LocateJob> MakeJob(const LocateOptions& options, CliContext& context) {
  if (options.metadata_only && options.ignore_metadata) {
    return Error{ErrorCode::kInvalidArgument,
                 "--metadata-only and --ignore-metadata exclude each other"};
  }
  if (options.force && options.out.empty()) {
    return Error{ErrorCode::kInvalidArgument, "--force needs --out"};
  }
  GRE_RETURN_IF_ERROR(CheckLocateOptions(options, context.environment()));
  LocateJob job;
  GRE_ASSIGN_OR_RETURN(job.photos, CollectPhotos(options.photos, context.cancellation()));
  if (options.stream && job.photos.size() > 1) {
    return Error{ErrorCode::kInvalidArgument, "--stream takes one photo"};
  }
  if (!options.out.empty()) {
    GRE_ASSIGN_OR_RETURN(job.settings_hash, LocateSettingsHash(options, context.environment()));
  }
  return job;
}

}  // namespace

CommandSpec LocateCommand() {
  const auto options = std::make_shared<LocateOptions>();
  CommandSpec command;
  command.name = "locate";
  command.summary = "Finds out where photos were taken, and why";
  command.description =
      "One photo gives a report, several give a line each. With --out a run can be interrupted and "
      "run again: what is done is not done twice.\n"
      "  gre locate photo.jpg\n"
      "  gre locate ~/Pictures/trip --recursive --out trip.html\n"
      "  gre locate photo.jpg --json | jq .answer\n"
      "  curl -s https://example.org/photo.jpg | gre locate - --within Japan";
  command.options = LocateOptionSpecs(*options);
  command.run = [options](CliContext& context) -> ExitCode {
    Result<LocateJob> job = MakeJob(*options, context);
    if (!job.ok()) return context.Fail(job.error());
    return RunLocate(*options, std::move(*job), context);
  };
  return command;
}

}  // namespace gre
