#pragma once

#include <string>
#include <string_view>

namespace gre {

// What model text, file names and place names pass through before they become part of a file or
// reach a terminal. All functions take any bytes and give valid UTF-8; pure.

// For text and double-quoted attributes of HTML and XML 1.0. Control characters that XML forbids
// become U+FFFD.
std::string EscapeMarkup(std::string_view text);

// For running text and table cells of LaTeX: its special characters become commands, line ends
// spaces, the few signs that reports use and LaTeX's default fonts lack (≤, ±, …, →) mathematics.
std::string EscapeLatex(std::string_view text);

// For running text and table cells of Markdown (GitHub's): characters that would start markup or
// end a cell get a backslash, < and & become entities, line ends spaces.
std::string EscapeMarkdown(std::string_view text);

// One line for a terminal: control characters, escape sequences' first bytes among them, become
// spaces; so do Unicode's bidirectional overrides, which could reorder a line.
std::string PlainLine(std::string_view text);

}  // namespace gre
