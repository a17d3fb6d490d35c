#pragma once

#include <string>

#include "cli/settings.h"

namespace gre {

// What one output stream can show.
struct TerminalInfo {
  bool is_terminal = false;  // one that understands escape sequences
  bool color = false;
  bool unicode = false;
  int columns = 80;
};

// `color_mode` is auto, always or never; auto honours NO_COLOR (no-color.org), TERM=dumb and needs
// a terminal. Unicode follows LC_ALL, LC_CTYPE, LANG.
TerminalInfo DescribeTerminal(int fd, const std::string& color_mode,
                              const Environment& environment);

}  // namespace gre
