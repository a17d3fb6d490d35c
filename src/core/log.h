#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gre {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// Receives finished messages; must be thread-safe. The plugin is handed the program's sink, so that
// both write to one place.
using LogSink = std::function<void(LogLevel, std::string_view message)>;

// Both are process-wide and meant to be called once at start; logging itself is thread-safe.
// The default sink writes to stderr with spdlog.
void SetLogLevel(LogLevel level);
LogLevel GetLogLevel();
void SetLogSink(LogSink sink);

// One line to the sink when `level` is enabled. Never pass secrets or image data.
void Log(LogLevel level, std::string_view message);
inline void LogDebug(std::string_view message) { Log(LogLevel::kDebug, message); }
inline void LogInfo(std::string_view message) { Log(LogLevel::kInfo, message); }
inline void LogWarning(std::string_view message) { Log(LogLevel::kWarning, message); }
inline void LogError(std::string_view message) { Log(LogLevel::kError, message); }

}  // namespace gre
