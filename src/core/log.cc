#include "core/log.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace gre {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

void WriteToStderr(LogLevel level, std::string_view message) {
  static const std::shared_ptr<spdlog::logger> kLogger = [] {
    auto logger =
        std::make_shared<spdlog::logger>("gre", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("gre: %l: %v");
    logger->set_level(spdlog::level::debug);
    return logger;
  }();
  kLogger->log(ToSpdlog(level), "{}", message);
}

struct State {
  std::atomic<LogLevel> level = LogLevel::kInfo;
  std::mutex mutex;
  LogSink sink = WriteToStderr;
};

State& GlobalState() {
  static State state;
  return state;
}

}  // namespace

void SetLogLevel(LogLevel level) { GlobalState().level = level; }
LogLevel GetLogLevel() { return GlobalState().level; }

void SetLogSink(LogSink sink) {
  const std::lock_guard lock(GlobalState().mutex);
  GlobalState().sink = std::move(sink);
}

void Log(LogLevel level, std::string_view message) {
  State& state = GlobalState();
  if (level < state.level.load()) return;
  LogSink sink;
  {
    const std::lock_guard lock(state.mutex);
    sink = state.sink;
  }
  sink(level, message);
}

}  // namespace gre
