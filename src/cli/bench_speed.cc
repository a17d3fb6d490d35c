// gre bench speed: how fast a model locates photos on this machine.
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/bench_commands.h"
#include "cli/context.h"
#include "cli/locate_options.h"
#include "core/json.h"
#include "core/strings.h"
#include "image/decode.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

struct SpeedOptions {
  LocateOptions locate;
  int rounds = 5;
};

// Times of one photo, each round's in order; the first one warms up and does not count.
struct Timings {
  std::vector<double> image_ms;
  std::vector<double> prefill_ms;
  std::vector<double> decode_ms;
  std::vector<double> total_ms;
  std::vector<double> decode_tokens_per_s;
  LocateUsage usage;
};

Result<Timings> Measure(const SpeedOptions& options, CliContext& context) {
  GRE_RETURN_IF_ERROR(CheckLocateOptions(options.locate, context.environment()));
  GRE_ASSIGN_OR_RETURN(const std::vector<PhotoInput> photos,
                       CollectPhotos(options.locate.photos, context.cancellation()));
  if (photos.size() != 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "'gre bench speed' takes one photo, found " + std::to_string(photos.size())};
  }
  GRE_ASSIGN_OR_RETURN(const std::string bytes, ReadPhoto(photos.front(), context.cancellation()));
  GRE_ASSIGN_OR_RETURN(RgbImage image, DecodeImage(bytes, photos.front().id));
  GRE_ASSIGN_OR_RETURN(LocatorParts locator, MakeLocator(options.locate, context.environment()));
  LocateRequest request;
  request.file = photos.front().id;
  request.image = std::make_shared<const RgbImage>(std::move(image));
  Timings timings;
  for (int round = 0; round <= options.rounds; ++round) {
    const std::vector<LocateResult> located =
        locator.localizer->Locate({&request, 1}, {}, context.cancellation());
    const LocateResult& result = located.front();
    if (result.error) return *result.error;
    if (round == 0) continue;
    timings.image_ms.push_back(result.timing.image_ms);
    timings.prefill_ms.push_back(result.timing.prefill_ms);
    timings.decode_ms.push_back(result.timing.decode_ms);
    timings.total_ms.push_back(result.timing.total_ms);
    timings.decode_tokens_per_s.push_back(
        result.timing.decode_ms > 0 ? result.usage.completion_tokens / result.timing.decode_ms * 1e3
                                    : 0);
    timings.usage = result.usage;
  }
  return timings;
}

}  // namespace

CommandSpec BenchSpeedCommand() {
  const auto options = std::make_shared<SpeedOptions>();
  CommandSpec command;
  command.name = "speed";
  command.summary = "Measures how fast a model locates a photo on this machine";
  command.description =
      "Locates one photo several times in a warm process and prints the median times. Comparisons "
      "with other programs are in benchmarks/ (docs/benchmarks.md).\n"
      "  gre bench speed examples/china.jpg\n"
      "  gre bench speed examples/china.jpg --model DIR --samples 1 --json";
  command.options = {{.name = "rounds",
                      .value_name = "N",
                      .help = "Times the photo is located, after once to warm up",
                      .target = &options->rounds,
                      .min = 1,
                      .max = 1000,
                      .configurable = false}};
  constexpr std::string_view kOfLocate[] = {"PHOTO",          "samples", "temperature",
                                            "max-new-tokens", "seed",    "prompt"};
  Append(command.options, LocateOptionSpecs(options->locate, kOfLocate));
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<Timings> timings = Measure(*options, context);
    if (!timings.ok()) return context.Fail(timings.error());
    const std::pair<const char*, double> rows[] = {
        {"image_ms", Median(timings->image_ms)},
        {"prefill_ms", Median(timings->prefill_ms)},
        {"decode_ms", Median(timings->decode_ms)},
        {"total_ms", Median(timings->total_ms)},
        {"decode_tokens_per_s", Median(timings->decode_tokens_per_s)},
        {"prompt_tokens", timings->usage.prompt_tokens},
        {"completion_tokens", timings->usage.completion_tokens}};
    if (context.json) {
      nlohmann::ordered_json json = {{"schema", "gre.speed/1"}, {"rounds", options->rounds}};
      for (const auto& [name, value] : rows) json[name] = value;
      context.out.WriteLine(json.dump());
    } else {
      for (const auto& [name, value] : rows) {
        std::string line = name;
        line.resize(22, ' ');
        context.out.WriteLine(line.append(FormatFixed(value, 1)));
      }
    }
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
