#pragma once

#include <string>
#include <string_view>

#include "reasoning/chain.h"

namespace gre {

// What the reports' pages share. Pure; all text is escaped.

// From the doctype to the open <body>: the style sheet, and a Content-Security-Policy that lets the
// page load nothing and run only the report's own script, or none.
std::string HtmlHead(std::string_view title, bool with_script);

// An <img> that holds its picture; a remark where there is none.
std::string PictureHtml(std::string_view jpeg);

// The steps as an <ol class="chain">.
std::string ChainHtml(const Chain& chain);

}  // namespace gre
