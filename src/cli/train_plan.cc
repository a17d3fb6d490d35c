// gre train plan: what a recipe will need, before anything is loaded.
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/train_commands.h"
#include "core/strings.h"
#include "generation/torch_loader.h"
#include "report/charts/axis_scale.h"
#include "report/table.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr double kGib = 1024.0 * 1024 * 1024;

struct TrainPlanOptions {
  std::string config;
  std::vector<std::string> overrides;
  double device_memory_gb = 0;
  double price_per_hour = 0;
  TrainingPlanOptions rates;
};

std::string Gib(int64_t bytes) {
  return FormatFixed(static_cast<double>(bytes) / kGib, 2) + " GiB";
}

std::string Count(double value) { return NumberLabel(std::round(value)); }

std::string Millions(int64_t count) {
  return FormatFixed(static_cast<double>(count) / 1e6, 1) + " M";
}

OrderedJson PlanJson(const TrainingPlan& plan, double price_per_hour) {
  OrderedJson memory = OrderedJson::array();
  for (const TrainingPlan::Part& part : plan.memory) {
    memory.push_back({{"name", part.name}, {"bytes", part.bytes}, {"remark", part.remark}});
  }
  OrderedJson records;
  if (plan.records) {
    records = {{"usable", plan.records->usable},
               {"left_out", plan.records->left_out},
               {"sampled", plan.records->sampled},
               {"mean_prompt_tokens", plan.records->mean_prompt_tokens},
               {"mean_reply_tokens", plan.records->mean_reply_tokens},
               {"longest", plan.records->longest},
               {"beyond_cutoff", plan.records->beyond_cutoff}};
  }
  const auto known = [](const auto& value) { return value ? OrderedJson(*value) : OrderedJson(); };
  OrderedJson cost;
  if (plan.seconds && price_per_hour > 0) cost = *plan.seconds / 3600 * price_per_hour;
  return {{"schema", "gre.train-plan/1"},
          {"stage", plan.stage},
          {"method", plan.method},
          {"base", plan.base},
          {"parameters",
           {{"text", plan.text_parameters},
            {"vision", plan.vision_parameters},
            {"trained", plan.trained_parameters}}},
          {"memory", std::move(memory)},
          {"peak_bytes", plan.peak_bytes},
          {"device_bytes", known(plan.device_bytes)},
          {"fits", plan.device_bytes ? OrderedJson(plan.fits()) : OrderedJson()},
          {"suggestion", plan.suggestion.empty() ? OrderedJson() : OrderedJson(plan.suggestion)},
          {"records", std::move(records)},
          {"updates", known(plan.updates)},
          {"tokens_per_update", plan.tokens_per_update},
          {"generated_per_update", plan.generated_per_update},
          {"operations_per_update", plan.operations_per_update},
          {"seconds", known(plan.seconds)},
          {"cost", std::move(cost)},
          {"notes", plan.notes}};
}

void Print(const TrainingPlan& plan, double price_per_hour, CliContext& context) {
  Table memory;
  memory.title = Concat({"Memory of one device: ", plan.base});
  memory.columns = {{"part", TableAlign::kLeft}, {"bytes"}, {"what", TableAlign::kLeft}};
  for (const TrainingPlan::Part& part : plan.memory) {
    memory.rows.push_back({part.name, Gib(part.bytes), part.remark});
  }
  memory.rows.push_back({"peak", Gib(plan.peak_bytes),
                         plan.device_bytes ? Concat({"of ", Gib(*plan.device_bytes)}) : ""});
  context.out.WriteLine(FormatTableText(memory));
  const auto line = [&](std::string_view name, const std::string& value) {
    context.out.WriteLine(Concat({name, std::string(22 - name.size(), ' '), value}));
  };
  line("parameters", Concat({Millions(plan.text_parameters), " language, ",
                             Millions(plan.vision_parameters), " vision"}));
  line("that learn", Concat({Millions(plan.trained_parameters), ", ", plan.method}));
  if (plan.records) {
    const TrainingPlan::Records& records = *plan.records;
    line("records", Count(static_cast<double>(records.usable)));
    for (const auto& [reason, count] : records.left_out) {
      line("  left out", Concat({std::to_string(count), ": ", reason}));
    }
    if (records.sampled > 0) {
      line("  of a sample",
           Concat({std::to_string(records.sampled), ": prompts ", Count(records.mean_prompt_tokens),
                   " tokens, replies ", Count(records.mean_reply_tokens), ", the longest ",
                   Count(static_cast<double>(records.longest)), "; ",
                   std::to_string(records.beyond_cutoff), " longer than data.cutoff_tokens"}));
    }
  }
  line("updates", plan.updates ? Count(static_cast<double>(*plan.updates)) : "unknown: no records");
  line("tokens an update", Count(plan.tokens_per_update));
  if (plan.generated_per_update > 0) {
    line("  drawn, at most", Count(plan.generated_per_update));
  }
  line("operations an update", FormatFixed(plan.operations_per_update / 1e12, 1) + " TFLOP");
  if (plan.seconds) {
    line("time", FormatFixed(*plan.seconds / 3600, 2) + " h");
    if (price_per_hour > 0) {
      line("cost", FormatFixed(*plan.seconds / 3600 * price_per_hour, 2));
    }
  }
  for (const std::string& note : plan.notes) context.Note(note);
}

Result<TrainingPlan> Plan(const TrainPlanOptions& options, CliContext& context) {
  if (options.config.empty()) {
    return Error{ErrorCode::kInvalidArgument, "'gre train plan' needs --config FILE.toml"};
  }
  TrainingPlanOptions rates = options.rates;
  if (options.device_memory_gb > 0) {
    rates.device_bytes = static_cast<int64_t>(options.device_memory_gb * kGib);
  }
  GRE_ASSIGN_OR_RETURN(TorchPlugin * plugin, LoadTorchPlugin());
  return plugin->PlanTraining(options.config, options.overrides, rates, context.cancellation());
}

ExitCode Run(const TrainPlanOptions& options, CliContext& context) {
  const Result<TrainingPlan> plan = Plan(options, context);
  if (!plan.ok()) return context.Fail(plan.error());
  if (context.json) {
    context.out.WriteLine(PlanJson(*plan, options.price_per_hour)
                              .dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  } else {
    Print(*plan, options.price_per_hour, context);
  }
  if (plan->fits()) return context.Finish(kExitDone);
  context.PrintError(
      {ErrorCode::kInvalidArgument,
       Concat({options.config, ": needs ", Gib(plan->peak_bytes), ", the device has ",
               Gib(*plan->device_bytes), "; it fits with ", plan->suggestion})});
  return context.Finish(kExitUsage);
}

}  // namespace

CommandSpec TrainPlanCommand() {
  const auto options = std::make_shared<TrainPlanOptions>();
  CommandSpec command;
  command.name = "plan";
  command.summary = "Says what a recipe will need: memory, tokens, updates, time, cost";
  command.description =
      "Reads the recipe, the base's config.json and, where they are there, the records; loads no "
      "weights. A recipe that cannot fit the device is refused with the setting to lower. "
      "Estimates: memory from above, time from the two rates.\n"
      "  gre train plan --config recipes/grpo-lora.toml --set model.base=DIR --set "
      "rewards.theta_km=750 --device-memory 80 --teraflops 300 --price-per-hour 3";
  command.options = RecipeOptions(options->config, options->overrides);
  const std::vector<OptionSpec> own = {
      {.name = "device-memory",
       .value_name = "GIB",
       .help = "Memory of the device; 0: what is free here, where the recipe runs on the CPU",
       .target = &options->device_memory_gb,
       .min = 0,
       .max = 1e6,
       .configurable = false},
      {.name = "teraflops",
       .value_name = "X",
       .help = "What the device sustains, for the time; 0: unknown",
       .target = &options->rates.teraflops,
       .min = 0,
       .max = 1e9,
       .configurable = false},
      {.name = "gigabytes-per-second",
       .value_name = "X",
       .help = "Bandwidth of the device's memory, for the time of drawing completions; 0: unknown",
       .target = &options->rates.gigabytes_per_second,
       .min = 0,
       .max = 1e9,
       .configurable = false},
      {.name = "price-per-hour",
       .value_name = "X",
       .help = "Of the device, for the cost",
       .target = &options->price_per_hour,
       .min = 0,
       .max = 1e9,
       .configurable = false},
  };
  command.options.insert(command.options.end(), own.begin(), own.end());
  command.run = [options](CliContext& context) { return Run(*options, context); };
  return command;
}

}  // namespace gre
