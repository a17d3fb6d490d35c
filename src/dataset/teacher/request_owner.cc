#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "core/strings.h"
#include "dataset/teacher/reply_table.h"

namespace gre {
namespace {

std::string HostName() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// When the process started, in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)); the
// second field, the name, may hold blanks and ends at the last ')'. "" for a process that is not.
std::string StartTicks(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  const std::vector<std::string_view> fields =
      Split(std::string_view(line).substr(name_end + 2), ' ');
  constexpr size_t kStart = 22 - 3;
  return fields.size() > kStart ? std::string(fields[kStart]) : std::string();
}

}  // namespace

std::string OwnerName() {
  const std::string pid = std::to_string(::getpid());
  return HostName() + ":" + pid + ":" + StartTicks(pid);
}

bool OwnerMayLive(const std::string& owner) {
  const std::vector<std::string_view> parts = Split(owner, ':');
  if (parts.size() != 3 || parts[0] != HostName()) return true;
  return StartTicks(std::string(parts[1])) == parts[2];
}

}  // namespace gre
