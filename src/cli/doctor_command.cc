// gre doctor: checks the machine and says what to do about each problem.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/models.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "generation/torch_loader.h"
#include "image/decode.h"
#include "image/encode.h"
#include "knowledge/place_namer.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr double kGiB = 1u << 30;

enum class Health { kGood, kWarning, kBad };

struct Check {
  std::string name;
  Health health = Health::kGood;
  std::string found;
  std::string advice;  // empty when all is well
};

std::string GiB(double bytes) { return FormatFixed(bytes / kGiB, 1) + " GiB"; }

Check CheckCpu() {
  Check check{"processor", Health::kGood, {}, {}};
  check.found = std::to_string(std::thread::hardware_concurrency()) + " hardware threads";
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  const bool avx512 = __builtin_cpu_supports("avx512f") != 0;
  check.found += std::string(", ") + (avx2 ? "AVX2" : "no AVX2") + (avx512 ? ", AVX-512" : "");
  if (!avx2) {
    check.health = Health::kWarning;
    check.advice = "models run several times slower without AVX2; prefer --api-url";
  }
#endif
  return check;
}

// Bytes from /proc/meminfo; 0 when the line is not there.
double MemInfo(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  for (std::string name, unit; file >> name;) {
    double kilobytes = 0;
    file >> kilobytes;
    std::getline(file, unit);
    if (name == key + ":") {
      return kilobytes * 1024;
    }
  }
  return 0;
}

Check CheckMemory() {
  double total = MemInfo("MemTotal");
  double available = MemInfo("MemAvailable");
  // A container may have less than the machine.
  if (const auto limit = ReadFile("/sys/fs/cgroup/memory.max"); limit.ok()) {
    if (const auto bytes = ParseDouble(Trim(*limit)); bytes && *bytes < total) {
      total = *bytes;
      available = std::min(available, total);
    }
  }
  Check check{"memory", Health::kGood, GiB(available) + " free of " + GiB(total), {}};
  if (available < 2 * kGiB) {
    check.health = Health::kWarning;
    check.advice =
        "the embedded model needs about 0.5 GiB, a 3B model 8 GiB, a 7B model 17 GiB; close other "
        "programs or use --api-url";
  }
  return check;
}

Check CheckDisk(const std::string& name, const std::string& directory) {
  Check check{name, Health::kGood, directory, {}};
  const auto is_bad = [&check](const std::string& advice) {
    check.health = Health::kBad;
    check.advice = advice;
    return check;
  };
  if (directory.empty()) {
    check.found = "no folder";
    return is_bad(NoHome().message);
  }
  std::error_code error;
  fs::path existing = fs::absolute(directory, error);
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  struct statvfs info {};
  if (statvfs(existing.c_str(), &info) != 0) {
    return is_bad("the folder cannot be looked at; check its permissions");
  }
  if (!fs::is_directory(existing, error)) {
    return is_bad(existing.string() + " is no folder: remove or rename it");
  }
  const double free = static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize);
  check.found += ", " + GiB(free) + " free";
  if (access(existing.c_str(), W_OK | X_OK) != 0) {
    return is_bad(errno == EROFS
                      ? "the disk is mounted read-only; set XDG_CACHE_HOME to another place"
                      : "no permission to write: chown or chmod " + existing.string());
  }
  if (info.f_files > 0 && info.f_favail == 0) {
    return is_bad("the disk holds as many files as it can; remove some");
  }
  if (free < kGiB / 16) {
    return is_bad("the disk is full; free some space");
  }
  if (free < 4 * kGiB) {
    check.health = Health::kWarning;
    check.advice = "setting up needs 4 GiB, a 3B model 8 GiB more; free some space";
  }
  return check;
}

Check CheckPictures() {
  const auto jpeg = EncodeJpeg({8, 8, std::vector<uint8_t>(192, 128)});
  const Result<RgbImage> image =
      jpeg.ok() ? DecodeImage(*jpeg, "test picture") : Result<RgbImage>(jpeg.error());
  if (image.ok()) {
    return {"pictures", Health::kGood, "libvips reads and writes", {}};
  }
  return {"pictures", Health::kBad, image.error().message, "install libvips42 again"};
}

Check CheckPlaces(const std::string& folder) {
  const PlaceNamer namer = PlaceNamer::Open(folder);
  if (const Gazetteer* gazetteer = namer.gazetteer()) {
    return {"place names", Health::kGood, std::to_string(gazetteer->size()) + " places", {}};
  }
  return {"place names", Health::kWarning, namer.missing_reason(),
          "tools/setup/fetch_geodata.sh fetches them; without them only countries are named"};
}

// Nothing but the scores of chains needs it.
Check CheckTextEncoder(const CliContext& context) {
  const auto folder = ResolveTextEncoder("", context.cache_directory(), context.environment());
  if (folder.ok()) return {"text encoder", Health::kGood, *folder, {}};
  return {"text encoder",
          Health::kGood,
          "none; tools/setup/fetch_minilm.sh fetches one (84 MB) to score chains with BERTScore",
          {}};
}

std::vector<Check> CheckTorch(TorchPlugin*& plugin) {
  const Result<TorchPlugin*> loaded = LoadTorchPlugin();
  if (!loaded.ok()) {
    return {{"LibTorch", Health::kBad, loaded.error().message,
             "only --api-url works without it; ./gre, or cmake --preset release, builds it"}};
  }
  plugin = *loaded;
  const Result<Json> runtime = ParseJson(plugin->DescribeRuntime());
  if (!runtime.ok()) {
    return {{"LibTorch", Health::kBad, runtime.error().message, "build the program again"}};
  }
  std::vector<Check> checks;
  checks.push_back({"LibTorch",
                    Health::kGood,
                    runtime->value("libtorch", "?") + ", kernels " +
                        runtime->value("cpu_capability", "?") + ", " +
                        std::to_string(runtime->value("physical_cores", 0)) + " cores",
                    {}});
  Check cuda{"CUDA", Health::kGood, runtime->value("cuda_problem", ""), {}};
  if (cuda.found.empty()) {
    const Json devices = runtime->value("cuda_devices", Json::array());
    cuda.found = std::to_string(devices.size()) + " device(s)";
    for (const Json& device : devices) {
      cuda.found += ", " + GiB(device.value("free_bytes", 0.0)) + " free of " +
                    GiB(device.value("total_bytes", 0.0));
    }
  }
  checks.push_back(cuda);
  return checks;
}

Check CheckEmbeddedModel(TorchPlugin* plugin) {
  const Result<std::string> directory = EmbeddedModelDirectory();
  if (!directory.ok()) {
    return {"embedded model", Health::kBad, directory.error().message,
            "check out the repository again"};
  }
  Check check{"embedded model", Health::kGood, *directory, {}};
  if (plugin == nullptr) {
    return check;
  }
  const Result<std::string> text = plugin->InspectModel(*directory, true);
  const Result<Json> report = text.ok() ? ParseJson(*text) : Result<Json>(text.error());
  const bool good = report.ok() && report->value("ok", false);
  if (!good) {
    check.health = Health::kBad;
    check.found += report.ok() ? ": " + DumpJson(report->value("problems", Json::array()))
                               : ": " + report.error().message;
    check.advice = "check out models/gre-nano again";
  }
  return check;
}

std::string Describe(const Check& check, bool color) {
  const auto paint = [&](const char* code, const std::string& text) {
    return color ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  };
  std::string mark = paint("32", "ok  ");
  if (check.health != Health::kGood) {
    mark = check.health == Health::kWarning ? paint("33", "weak") : paint("31", "BAD ");
  }
  std::string name = check.name;
  name.resize(std::max<size_t>(name.size(), 15), ' ');
  std::string out = mark + "  " + name + " " + check.found + "\n";
  return check.advice.empty() ? out : out + "      -> " + check.advice + "\n";
}

ExitCode Run(CliContext& context) {
  TorchPlugin* plugin = nullptr;
  std::vector<Check> checks = {CheckCpu(),
                               CheckMemory(),
                               CheckDisk("cache", context.cache_directory()),
                               CheckDisk("model cache", HubCacheDirectory(context.environment())),
                               CheckPictures(),
                               CheckPlaces(context.cache_directory() + "/geodata"),
                               CheckTextEncoder(context)};
  for (Check& check : CheckTorch(plugin)) {
    checks.push_back(std::move(check));
  }
  checks.push_back(CheckEmbeddedModel(plugin));

  bool good = true;
  Json list = Json::array();
  std::string text;
  for (const Check& check : checks) {
    good = good && check.health != Health::kBad;
    constexpr const char* kNames[] = {"ok", "warning", "bad"};
    list.push_back({{"name", check.name},
                    {"status", kNames[static_cast<int>(check.health)]},
                    {"found", check.found},
                    {"advice", check.advice}});
    text += Describe(check, context.out_terminal.color);
  }
  context.out.Write(
      context.json
          ? DumpJson(Json{{"schema", "gre.doctor/1"}, {"ok", good}, {"checks", list}}) + "\n"
          : text);
  return good ? kExitDone : kExitEnvironment;
}

}  // namespace

CommandSpec DoctorCommand() {
  CommandSpec command;
  command.name = "doctor";
  command.summary = "Checks this machine and says what to do about each problem";
  command.run = Run;
  return command;
}

}  // namespace gre
