#include "training/run_log.h"

#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include <ATen/DeviceAccelerator.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "core/file.h"
#include "core/strings.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void CollectScalars(const std::string& name, const OrderedJson& value,
                    std::vector<EventScalar>& scalars) {
  if (value.is_number()) {
    scalars.push_back({name, value.get<float>()});
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (name.empty() && key == "update") continue;
      CollectScalars(name.empty() ? key : Concat({name, "/", key}), member, scalars);
    }
  }
}

std::string GibText(const OrderedJson& bytes) {
  return FormatFixed(bytes.get<double>() / (1 << 30), 1) + " GiB";
}

}  // namespace

Status RunLog::Begin(const Start& start) {
  OrderedJson settings = OrderedJson::object();
  for (const std::string_view line : Split(start.settings, '\n')) {
    const size_t equals = line.find(" = ");
    if (equals == std::string_view::npos) continue;
    std::string_view value = line.substr(equals + 3);
    if (value.size() >= 2 && value.front() == '\'' && value.back() == '\'') {
      value = value.substr(1, value.size() - 2);
    }
    settings[std::string(line.substr(0, equals))] = value;
  }
  if (tensorboard_) {
    GRE_ASSIGN_OR_RETURN(events_, EventFile::Create(directory_, WallSeconds(), start.done + 1));
  }
  return Append({{"start",
                  {{"stage", start.stage},
                   {"recipe", start.recipe},
                   {"updates", start.updates},
                   {"update", start.done},
                   {"settings", std::move(settings)}}}});
}

Status RunLog::Append(const OrderedJson& line) {
  GRE_ASSIGN_OR_RETURN(LineAppender log, LineAppender::Open(directory_ + "/log.jsonl"));
  GRE_RETURN_IF_ERROR(log.Append(line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)));
  if (!events_ || !line.contains("update")) return {};
  std::vector<EventScalar> scalars;
  CollectScalars("", line, scalars);
  return events_->Append(WallSeconds(), line["update"].get<int64_t>(), scalars);
}

void AddMemoryUse(bool on_cpu, OrderedJson& line) {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  line["peak_resident_bytes"] = int64_t{usage.ru_maxrss} * 1024;
  line["peak_device_bytes"] = nullptr;
  if (on_cpu) return;
  const auto statistics = at::accelerator::getDeviceStats(at::accelerator::getDeviceIndex());
  line["peak_device_bytes"] = statistics.allocated_bytes.front().peak;  // of all pools together
}

std::string MemoryText(const OrderedJson& line) {
  std::string text = GibText(line.at("peak_resident_bytes"));
  if (!line.at("peak_device_bytes").is_null()) {
    text += Concat({" + ", GibText(line.at("peak_device_bytes")), " on the device"});
  }
  return text;
}

}  // namespace gre
