// gre dataset import: photos and records with their places into a dataset.
#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

#include <nlohmann/json.hpp>

#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "dataset/import/import.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct Options {
  DatasetOptions dataset;
  ImportOptions import;
  std::string format = "auto";
  std::string preset;
  bool no_photos = false;
  bool no_download = false;
  int connections = 16;
  int connections_per_host = 2;
  int min_interval_ms = 100;
  int max_megabytes = 32;
  int timeout_s = 60;
  int attempts = 4;
};

struct NamedFormat {
  std::string_view name;
  SourceFormat format;
};
constexpr std::array<NamedFormat, 7> kFormats = {{
    {"auto", SourceFormat::kAuto},
    {"folder", SourceFormat::kFolder},
    {"gre-photos", SourceFormat::kPhotoFolder},
    {"list", SourceFormat::kList},
    {"yfcc", SourceFormat::kYfcc},
    {"webdataset", SourceFormat::kShards},
    {"conversations", SourceFormat::kConversations},
}};

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const NamedFormat& format : kFormats) names.emplace_back(format.name);
  return names;
}

// The presets that are formats of their own, then those of lists.
std::vector<std::string> PresetNames() {
  std::vector<std::string> names = ListPresetNames();
  names.insert(names.end(), {"yfcc", "gre-photos"});
  return names;
}

std::vector<OptionSpec> OptionSpecs(Options& options) {
  std::vector<OptionSpec> specs = DatasetOptionSpecs(options.dataset);
  ImportOptions& import = options.import;
  ListFields& fields = import.fields;
  const auto field = [&](std::string name, std::string help, std::string& target) {
    specs.push_back({.name = std::move(name),
                     .value_name = "FIELD",
                     .help = std::move(help),
                     .target = &target});
  };
  const auto number = [&](std::string name, std::string value_name, std::string help, int& target,
                          double max) {
    specs.push_back({.name = std::move(name),
                     .value_name = std::move(value_name),
                     .help = std::move(help),
                     .target = &target,
                     .min = 1,
                     .max = max});
  };
  specs.push_back({.name = "from",
                   .value_name = "SOURCE",
                   .help = "A folder, list or archive to import; may be repeated",
                   .target = &import.sources,
                   .is_path = true});
  specs.push_back({.name = "format",
                   .value_name = "NAME",
                   .help = "What the sources are, where their look does not say it",
                   .target = &options.format,
                   .choices = FormatNames()});
  specs.push_back({.name = "preset",
                   .value_name = "NAME",
                   .help = "The field names of a public set",
                   .target = &options.preset,
                   .choices = PresetNames()});
  specs.push_back({.name = "source",
                   .value_name = "NAME",
                   .help = "What the dataset calls the source (default: the name of its file)",
                   .target = &import.source_name});
  specs.push_back({.name = "prefix",
                   .value_name = "NAME",
                   .help = "Puts NAME/ before each id, where two sources have the same ids",
                   .target = &import.prefix});
  specs.push_back({.name = "root",
                   .value_name = "DIR",
                   .help = "Where the files that records name are, sub-folders included (default: "
                           "the folder of the list)",
                   .target = &import.root,
                   .is_path = true});
  field("id", "The record's id, if not the usual field", fields.id);
  field("file", "The photo's file", fields.file);
  field("url", "The photo's URL", fields.url);
  field("lat", "The latitude", fields.latitude);
  field("lon", "The longitude", fields.longitude);
  field("lat-lon", "Both coordinates in one field, latitude first", fields.latitude_longitude);
  field("lon-lat", "Both coordinates in one field, longitude first", fields.longitude_latitude);
  field("country", "The country, by code or English name", fields.country);
  field("precision", "How exact the coordinates are, in km", fields.precision);
  specs.push_back({.name = "precision-km",
                   .value_name = "KM",
                   .help = "How exact all coordinates are that have no precision of their own",
                   .target = &fields.precision_all_km,
                   .min = 0,
                   .max = 20'100});
  field("kind", "The kind of photo", fields.kind);
  field("split", "The source's own split", fields.split);
  field("author", "The photographer", fields.author);
  field("licence", "The licence", fields.licence);
  field("taken", "When the photo was taken", fields.taken);
  specs.push_back({.name = "suffix",
                   .value_name = "TEXT",
                   .help = "Is added to what the file's field says (.jpg)",
                   .target = &fields.suffix});
  specs.push_back({.name = "no-photos",
                   .help = "Records without photos: for teachers whose answers are recorded",
                   .target = &options.no_photos});
  specs.push_back({.name = "link",
                   .help = "Hard links instead of copies of photo files; do not edit them then",
                   .target = &import.link});
  specs.push_back({.name = "no-download",
                   .help = "Leaves URLs for a later import to download",
                   .target = &options.no_download});
  number("connections", "N", "Downloads at once", options.connections, 256);
  number("connections-per-host", "N", "Downloads at once from one host",
         options.connections_per_host, 256);
  specs.push_back({.name = "min-interval",
                   .value_name = "MS",
                   .help = "Least time between two requests to one host, in milliseconds",
                   .target = &options.min_interval_ms,
                   .min = 0,
                   .max = 3'600'000});
  number("max-photo-size", "MB", "Larger photos are not downloaded", options.max_megabytes, 256);
  number("download-timeout", "S", "For one photo, in seconds", options.timeout_s, 3600);
  number("attempts", "N", "Tries for a photo whose server is busy or does not answer",
         options.attempts, 20);
  specs.push_back({.name = "retry-failed",
                   .help = "Tries photos again that no server answered for in an earlier import",
                   .target = &import.downloads.retry_failed});
  return specs;
}

Status Prepare(Options& options) {
  ImportOptions& import = options.import;
  import.format = std::ranges::find(kFormats, options.format, &NamedFormat::name)->format;
  if (options.preset == "yfcc") {
    import.format = SourceFormat::kYfcc;
  } else if (options.preset == "gre-photos") {
    import.format = SourceFormat::kPhotoFolder;
  } else if (!options.preset.empty()) {
    GRE_ASSIGN_OR_RETURN(const ListPreset preset, FindListPreset(options.preset));
    import.fields = Merged(import.fields, preset.fields);
  }
  import.photos = !options.no_photos;
  import.download = !options.no_download;
  DownloadOptions& downloads = import.downloads;
  downloads.connections = options.connections;
  downloads.connections_per_host = options.connections_per_host;
  downloads.min_interval_ms = options.min_interval_ms;
  downloads.max_bytes = static_cast<size_t>(options.max_megabytes) << 20;
  downloads.timeout_ms = int64_t{1000} * options.timeout_s;
  downloads.retry.max_attempts = options.attempts;
  return {};
}

int64_t Sum(const std::map<std::string, int64_t>& counts) {
  return std::accumulate(
      counts.begin(), counts.end(), int64_t{0},
      [](int64_t sum, const auto& reason_and_count) { return sum + reason_and_count.second; });
}

OrderedJson ToJson(const ImportReport& report) {
  const OrderedJson rejected_file =
      report.rejected_file.empty() ? OrderedJson(nullptr) : OrderedJson(report.rejected_file);
  return {{"records", report.records},
          {"added", report.added},
          {"already_there", report.there},
          {"rejected", report.rejected},
          {"rejected_file", rejected_file},
          {"flagged", report.flagged},
          {"photos", report.photos},
          {"replies", report.replies},
          {"downloads",
           {{"wanted", report.downloads.wanted},
            {"fetched", report.downloads.fetched},
            {"failed", report.downloads.failed},
            {"left", report.downloads.left}}},
          {"interrupted", report.interrupted}};
}

void Print(const ImportReport& report, CliContext& context) {
  for (const std::string& example : report.examples) context.Note(example);
  if (const int64_t rejected = Sum(report.rejected); rejected > 0) {
    context.Note("all " + std::to_string(rejected) + " rejected records: " + report.rejected_file);
  }
  const auto line = [&](int64_t count, const std::string& what) {
    std::string text = std::to_string(count);
    text.insert(0, std::max<size_t>(text.size(), 10) - text.size(), ' ');
    context.out.WriteLine((text += "  ") += what);
  };
  const auto lines = [&](const std::map<std::string, int64_t>& counts, const std::string& what) {
    for (const auto& [reason, count] : counts) line(count, what + reason);
  };
  line(report.records, "records");
  line(report.added, "added");
  line(report.there, "there already");
  lines(report.rejected, "rejected: ");
  lines(report.flagged, "flagged: ");
  line(report.photos, "photos stored");
  if (report.replies > 0) line(report.replies, "chains stored");
  if (report.downloads.wanted == 0) return;
  line(report.downloads.wanted, "photos to download");
  line(report.downloads.fetched, "downloaded");
  lines(report.downloads.failed, "failed: ");
  line(report.downloads.left, "still wanted");
}

}  // namespace

CommandSpec DatasetImportCommand() {
  const auto options = std::make_shared<Options>();
  CommandSpec command;
  command.name = "import";
  command.summary = "Brings photos and their places into a dataset";
  command.description =
      "Sources are folders of photos with GPS metadata, lists of files or URLs (CSV, TSV, JSON, "
      "JSON "
      "Lines), WebDataset shards, and data of other trainers. Run it again to go on after an "
      "interruption: what is there is passed over. Records that cannot be used are counted and "
      "listed in DIR/rejected; then the exit code is 1.\n"
      "  gre dataset import data --from photos/\n"
      "  gre dataset import data --from mp16_places365.csv --preset mp16 --root mp16/\n"
      "  gre dataset import data --from truth.csv --no-photos";
  command.options = OptionSpecs(*options);
  // every try of a download would be a line; what failed for good is counted
  command.log_level = LogLevel::kError;
  command.run = [options](CliContext& context) -> ExitCode {
    if (const Status prepared = Prepare(*options); !prepared.ok()) {
      return context.Fail(prepared.error());
    }
    return RunOnDataset(
        options->dataset, DatasetAccess::kCreate, "import", OptionSpecs(*options), context,
        [&](Dataset& dataset) -> Result<DatasetOutcome> {
          std::unique_ptr<Progress> bar;
          bool downloading = false;
          const auto progress = [&](const ImportProgress& now) {
            if (bar == nullptr || downloading != now.downloading) {
              downloading = now.downloading;
              bar.reset();
              bar = std::make_unique<Progress>(
                  Progress::Options{.enabled = !context.quiet,
                                    .terminal = context.err_terminal,
                                    .label = downloading ? "downloading" : "importing",
                                    .unit = downloading ? "photos" : "records"},
                  now.total);
            }
            bar->Update(now.done);
          };
          GRE_ASSIGN_OR_RETURN(
              const ImportReport report,
              ImportInto(dataset, options->import, context.cancellation(), progress));
          bar.reset();
          if (!context.json) Print(report, context);
          const auto unreadable = report.flagged.find("unreadable");
          const bool failed = !report.rejected.empty() || !report.downloads.failed.empty() ||
                              unreadable != report.flagged.end();
          DatasetOutcome outcome;
          outcome.summary =
              ToJson(report).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
          outcome.code = context.Finish(failed ? kExitSomeFailed : kExitDone);
          return outcome;
        });
  };
  return command;
}

}  // namespace gre
