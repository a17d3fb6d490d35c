// gre dataset check: what is wrong with a dataset's photos.
#include "dataset/check/dataset_check.h"

#include <memory>
#include <string>

#include "cli/context.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "core/csv_cell.h"
#include "core/file.h"
#include "core/strings.h"
#include "dataset/check/check_table.h"
#include "report/check_report.h"
#include "report/text_escape.h"

namespace gre {
namespace {

struct DatasetCheckOptions {
  DatasetOptions dataset;
  CheckOptions check;
  bool no_faces = false;
  std::string list;
};

// Every dropped photo and why, as CSV.
Status WriteDropped(Dataset& dataset, const std::string& path) {
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  GRE_RETURN_IF_ERROR(writer.Write("id,stage,reason,detail\n"));
  GRE_RETURN_IF_ERROR(
      CheckTable(dataset.database()).ForEachDropped([&writer](const DroppedPhoto& photo) {
        return writer.Write(
            Concat({EscapeCsvCell(photo.id), ",", EscapeCsvCell(photo.stage), ",",
                    EscapeCsvCell(photo.reason), ",", EscapeCsvCell(photo.detail), "\n"}));
      }));
  return writer.Commit();
}

Result<DatasetOutcome> Check(const DatasetCheckOptions& options, Dataset& dataset,
                             CliContext& context) {
  if (!options.check.benchmark_photos.empty() && options.check.benchmarks.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--benchmark-photos: expected --benchmark FILE beside it, found none"};
  }
  std::unique_ptr<Progress> progress;
  std::string stage;
  const auto report = [&](const CheckProgress& now) {
    if (stage != now.stage) {
      stage = now.stage;
      progress.reset();
      progress = std::make_unique<Progress>(Progress::Options{.enabled = !context.quiet,
                                                              .terminal = context.err_terminal,
                                                              .label = "checking " + stage,
                                                              .unit = "photos"},
                                            now.total);
    }
    progress->Update(now.done, now.skipped);
  };
  const auto make_detector = [&options]() -> Result<std::unique_ptr<FaceDetector>> {
    if (options.no_faces) return Error{ErrorCode::kUnavailable, "--no-faces"};
    return LoadFaceDetector();
  };
  GRE_ASSIGN_OR_RETURN(
      const CheckSummary summary,
      CheckDataset(dataset, options.check, make_detector, report, context.cancellation()));
  progress.reset();
  if (!options.list.empty()) GRE_RETURN_IF_ERROR(WriteDropped(dataset, options.list));
  if (!context.json) context.out.Write(CheckText(summary));
  return DatasetOutcome{CheckJson(summary)};
}

std::vector<OptionSpec> Options(DatasetCheckOptions& options) {
  CheckOptions& check = options.check;
  return {
      {.name = "max-hash-distance",
       .value_name = "BITS",
       .help = "Photos whose perceptual hashes differ in at most so many of 64 bits are "
               "near-duplicates",
       .target = &check.max_hash_distance,
       .min = 0,
       .max = 16},
      {.name = "min-side",
       .value_name = "PIXELS",
       .help = "Photos with a shorter side are dropped",
       .target = &check.min_side,
       .min = 0},
      {.name = "drop-graphics",
       .help = "Drop what looks drawn (screenshots, maps, captions) instead of flagging it",
       .target = &check.drop_graphics},
      {.name = "max-face-share",
       .value_name = "X",
       .help = "Photos that one face covers to more than this share are dropped",
       .target = &check.max_face_share,
       .min = 0,
       .max = 1},
      {.name = "no-faces", .help = "Skip the search for faces", .target = &options.no_faces},
      {.name = "benchmark",
       .value_name = "FILE",
       .help = "A benchmark (CSV, TSV, JSON or JSON Lines) whose photos and places must not be in "
               "the dataset; may be repeated",
       .target = &check.benchmarks,
       .is_path = true},
      {.name = "benchmark-photos",
       .value_name = "DIR",
       .help = "Where the benchmarks' photos lie; may be repeated",
       .target = &check.benchmark_photos,
       .is_path = true},
      {.name = "min-distance-km",
       .value_name = "KM",
       .help = "Photos within this distance of a benchmark's coordinates are dropped; 0: none",
       .target = &check.min_distance_km,
       .min = 0,
       .max = 20000},
      {.name = "list",
       .value_name = "FILE.csv",
       .help = "Write every dropped photo and why",
       .target = &options.list,
       .configurable = false,
       .is_path = true},
  };
}

}  // namespace

CommandSpec DatasetCheckCommand() {
  const auto options = std::make_shared<DatasetCheckOptions>();
  CommandSpec command;
  command.name = "check";
  command.summary = "Drops what is no usable photo: copies, broken files, what benchmarks hold";
  command.description =
      "Looks once at every photo (an interrupted run goes on where it was), then finds copies and "
      "near-duplicates, photos and places of benchmarks, unreadable, blank and tiny pictures, "
      "faces "
      "that fill the picture, drawings, and private data in metadata (docs/dataset.md). Nothing is "
      "deleted: findings stand in the dataset, and photos that one of them drops take no part in "
      "what follows. Run again with other settings, it replaces its findings.\n"
      "  gre dataset check DIR --benchmark im2gps3k.csv --benchmark-photos im2gps3k/ --list "
      "dropped.csv";
  command.options = DatasetOptionSpecs(options->dataset);
  const std::vector<OptionSpec> own = Options(*options);
  command.options.insert(command.options.end(), own.begin(), own.end());
  command.run = [options, own](CliContext& context) -> ExitCode {
    return context.Finish(
        RunOnDataset(options->dataset, DatasetAccess::kOpenFilled, "check", own, context,
                     [&](Dataset& dataset) { return Check(*options, dataset, context); }));
  };
  return command;
}

}  // namespace gre
