#include "cli/terminal.h"

#include <algorithm>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/strings.h"

namespace gre {
namespace {

bool LocaleIsUtf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const auto value = environment(name); value && !value->empty()) {
      const std::string lower = AsciiLower(*value);
      return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
    }
  }
  return false;
}

int Columns(int fd, const Environment& environment) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const auto columns = ParseInt(environment("COLUMNS").value_or(""));
  return columns && *columns > 0 ? static_cast<int>(std::min(*columns, 1000LL)) : 80;
}

}  // namespace

TerminalInfo DescribeTerminal(int fd, const std::string& color_mode,
                              const Environment& environment) {
  TerminalInfo info;
  const std::string type = environment("TERM").value_or("");
  const bool takes_escapes = !type.empty() && type != "dumb";
  info.is_terminal = isatty(fd) == 1 && takes_escapes;
  info.unicode = LocaleIsUtf8(environment);
  info.columns = Columns(fd, environment);
  const bool wanted = environment("NO_COLOR").value_or("").empty();
  info.color = color_mode == "always" || (color_mode == "auto" && info.is_terminal && wanted);
  return info;
}

}  // namespace gre
