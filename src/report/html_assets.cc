#include "report/html_assets.h"

// GRE_REPORT_ASSETS is set for this file in src/CMakeLists.txt, with the files as its dependencies.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): .incbin needs a literal path
#define GRE_EMBED(symbol, file)                                                             \
  __asm__(".pushsection .rodata\n" #symbol "_begin:\n.incbin \"" GRE_REPORT_ASSETS "/" file \
          "\"\n" #symbol "_end:\n.byte 0\n.popsection\n");                                  \
  extern "C" const char symbol##_begin[];                                                   \
  extern "C" const char symbol##_end[]

GRE_EMBED(gre_report_css, "report.css");
GRE_EMBED(gre_report_js, "report.js");

namespace gre {

std::string_view ReportStyleSheet() {
  return {gre_report_css_begin, static_cast<size_t>(gre_report_css_end - gre_report_css_begin)};
}

std::string_view ReportScript() {
  return {gre_report_js_begin, static_cast<size_t>(gre_report_js_end - gre_report_js_begin)};
}

}  // namespace gre
