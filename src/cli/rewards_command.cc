// gre rewards serve: the rewards of training for trainers in other languages.
#include <memory>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "server/reward_service.h"

namespace gre {
namespace {

struct RewardsServeOptions {
  HttpServerOptions http = {.port = 8150};
  std::string weights = "judge=1,distance=1,format=1";
  double theta_km = 0;
  std::string gallery;
  int places_per_country = 256;
  int64_t max_body_mib = 16;
};

// "judge=1,format=0.5"; parts that are not named weigh nothing.
Result<RewardParts> ParseWeights(const std::string& text) {
  RewardParts weights;
  for (const std::string_view item : Split(text, ',')) {
    const size_t equals = item.find('=');
    const std::string_view name = Trim(item.substr(0, equals));
    const std::string_view number =
        equals == std::string_view::npos ? std::string_view() : Trim(item.substr(equals + 1));
    const double weight = ParseDouble(number).value_or(-1);
    bool known = false;
    for (const RewardPart part : kRewardParts) {
      if (RewardPartName(part) != name) continue;
      known = true;
      weights[part] = weight;
    }
    if (!known || weight < 0 || weight > 1000) {
      return Error{
          ErrorCode::kInvalidArgument,
          Concat({"--weights: expected judge, distance, format or chain with a weight from "
                  "0 to 1000, as in 'distance=1,format=0.5', found '",
                  item, "'"})};
    }
  }
  if (!(WeightedReward({{1, 1, 1, 1}}, weights) > 0)) {
    return Error{ErrorCode::kInvalidArgument, "--weights: expected a weight above 0"};
  }
  return weights;
}

Status Serve(const RewardsServeOptions& options, CliContext& context) {
  RewardServiceOptions service_options;
  GRE_ASSIGN_OR_RETURN(service_options.weights, ParseWeights(options.weights));
  service_options.theta_km = options.theta_km;
  service_options.places_per_country = static_cast<size_t>(options.places_per_country);
  if (!options.gallery.empty()) {
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(options.gallery));
    GRE_ASSIGN_OR_RETURN(PointSampler sampler, PointSampler::FromGallery(text));
    service_options.gallery = std::make_shared<const PointSampler>(std::move(sampler));
  }
  RewardService service(std::move(service_options));
  HttpServerOptions http = options.http;
  http.max_body_bytes = static_cast<size_t>(options.max_body_mib) << 20;
  GRE_ASSIGN_OR_RETURN(const std::unique_ptr<HttpServer> server,
                       HttpServer::Listen(http, [&](const HttpServerRequest& request) {
                         return service.Answer(request);
                       }));
  const std::string url =
      Concat({"http://", http.host, ":", std::to_string(server->port()), "/rewards"});
  if (context.json) {
    context.out.WriteLine(DumpJson({{"url", url}}));
  } else {
    context.out.WriteLine("rewards at " + url);
  }
  return server->Run(context.cancellation());
}

CommandSpec ServeCommand() {
  const auto options = std::make_shared<RewardsServeOptions>();
  CommandSpec command;
  command.name = "serve";
  command.summary = "Serves the rewards of training over HTTP";
  command.description =
      "For trainers in other languages (verl, TRL): POST /rewards takes completions with their "
      "truths and answers with the weighted rewards and their parts; GET /health says what is "
      "served. It needs no model. Ctrl-C or SIGTERM ends it after the requests in work.\n"
      "  gre rewards serve --theta-km 750 --weights distance=1,format=0.5\n"
      "  curl -H 'Content-Type: application/json' -d '{\"completions\": [\"<answer>48.9, "
      "2.3</answer>\"], \"truths\": [{\"latitude\": "
      "48.8, "
      "\"longitude\": 2.3}]}' http://127.0.0.1:8150/rewards";
  command.options = {
      {.name = "host",
       .value_name = "ADDRESS",
       .help = "The address to listen on; there is no authorisation",
       .target = &options->http.host},
      {.name = "port",
       .value_name = "N",
       .help = "The port; 0 takes a free one, which is printed",
       .target = &options->http.port,
       .min = 0,
       .max = 65535},
      {.name = "theta-km",
       .value_name = "X",
       .help = "Theta of the distance reward where a request says none",
       .target = &options->theta_km,
       .min = 0,
       .max = 1e6},
      {.name = "weights",
       .value_name = "PART=X,…",
       .help = "Weights of the parts judge, distance, format, chain; parts not named weigh nothing",
       .target = &options->weights},
      {.name = "gallery",
       .value_name = "FILE",
       .help = "LAT,LON lines: places of countries, where truths are countries",
       .target = &options->gallery,
       .is_path = true},
      {.name = "places-per-country",
       .value_name = "N",
       .help = "Of how many places the distance reward of a country is the mean",
       .target = &options->places_per_country,
       .min = 1,
       .max = 100000},
      {.name = "max-body-mib",
       .value_name = "N",
       .help = "Larger requests are refused",
       .target = &options->max_body_mib,
       .min = 1,
       .max = 256},
  };
  command.run = [options](CliContext& context) -> ExitCode {
    const Status status = Serve(*options, context);
    return status.ok() ? kExitDone : context.Fail(status.error());
  };
  return command;
}

}  // namespace

CommandSpec RewardsCommand() {
  CommandSpec command;
  command.name = "rewards";
  command.summary = "The rewards of training, for other trainers";
  command.commands = {ServeCommand()};
  return command;
}

}  // namespace gre
