#pragma once

#include <string>

#include "localizer/locate_result.h"
#include "report/terminal_map.h"

namespace gre {

struct TerminalReportOptions {
  int columns = 80;     // width of the terminal; text wraps, never below 40
  bool unicode = true;  // the terminal shows UTF-8; else the frame and the map are ASCII
  bool color = false;   // ANSI escape sequences
  bool show_map = true;
  bool show_model_hint = true;  // how to get a better model, after an answer of the embedded one
  LandRings land = {};          // for the map (WorldLand()); none without it
};

// One photo for people: metadata position first, then the answer with radius and confidence (or why
// there is none), the chain with the family of each clue, alternatives, a world map, the engine.
// Ends with a newline. Model text cannot reach the terminal as anything but text.
std::string RenderTerminalReport(const LocateResult& result, const TerminalReportOptions& options);

// The chain alone, as it stands there.
std::string RenderTerminalChain(const Chain& chain, const TerminalReportOptions& options);

}  // namespace gre
