#include "report/html_document.h"

#include <algorithm>

#include "core/base64.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "report/html_assets.h"
#include "report/text_escape.h"

namespace gre {
namespace {

// 'sha256-…' of an inline style sheet or script (CSP level 2).
std::string CspHash(std::string_view content) {
  const std::string hex = Sha256Hex(content);
  std::string digest;
  for (size_t i = 0; i < hex.size(); i += 2) {
    digest += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return "'sha256-" + Base64Encode(digest) + "'";
}

std::string Paragraph(std::string_view css_class, std::string_view text) {
  return Concat({"<p", css_class.empty() ? "" : " class=\"", css_class,
                 css_class.empty() ? ">" : "\">", EscapeMarkup(text), "</p>\n"});
}

}  // namespace

std::string HtmlHead(std::string_view title, bool with_script) {
  constexpr std::string_view kBegin =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "img-src data:; style-src ";
  constexpr std::string_view kMiddle =
      "; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";
  return Concat({kBegin, CspHash(ReportStyleSheet()), with_script ? "; script-src " : "",
                 with_script ? CspHash(ReportScript()) : "", kMiddle, EscapeMarkup(title),
                 "</title>\n<style>", ReportStyleSheet(), "</style>\n</head>\n<body>\n"});
}

std::string PictureHtml(std::string_view jpeg) {
  if (jpeg.empty()) return "<div class=\"no-photo\">no picture</div>";
  return Concat({"<img alt=\"\" src=\"data:image/jpeg;base64,", Base64Encode(jpeg), "\">"});
}

std::string ChainHtml(const Chain& chain) {
  std::string html = "<ol class=\"chain\">\n";
  for (const ChainStep& step : chain) {
    const FamilyInfo& family = Describe(step.family);
    html += Concat(
        {"<li class=\"f-", family.name, "\"><span class=\"family\">", EscapeMarkup(family.title)});
    if (step.indicator) {
      std::string indicator(IndicatorName(*step.indicator));
      std::replace(indicator.begin(), indicator.end(), '_', ' ');
      html += Concat({"<small>", EscapeMarkup(indicator), "</small>"});
    }
    html += "</span>\n";
    if (step.observation) html += Paragraph("", *step.observation);
    if (step.inference) html += Paragraph("inference", *step.inference);
    if (step.hypothesis) html += Paragraph("hypothesis", *step.hypothesis);
    html += "</li>\n";
  }
  return html + "</ol>\n";
}

}  // namespace gre
