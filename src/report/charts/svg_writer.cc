#include "report/charts/svg_writer.h"

#include <utility>

#include "core/strings.h"
#include "report/charts/chart_style.h"
#include "report/text_escape.h"

namespace gre {

std::string SvgNumber(double value) {
  std::string text = FormatFixed(value, 2);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

SvgWriter::SvgWriter(double width, double height, std::string_view title,
                     std::string_view description) {
  Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
               {"version", "1.1"},
               {"class", "chart"},
               {"width", width},
               {"height", height},
               {"viewBox", "0 0 " + SvgNumber(width) + " " + SvgNumber(height)},
               {"role", "img"},
               {"font-family", kChartFonts},
               {"font-size", kTextSize}});
  out_ += "<title>" + EscapeMarkup(title) + "</title>\n<desc>" + EscapeMarkup(description) +
          "</desc>\n";
  Leaf("rect", {{"class", "paper"}, {"width", width}, {"height", height}, {"fill", kPaper}});
}

void SvgWriter::Begin(std::string_view tag, SvgAttributes attributes) {
  out_ += '<';
  out_ += tag;
  for (const SvgAttribute& attribute : attributes) {
    out_ += ' ';
    out_ += attribute.name;
    out_ += "=\"";
    out_ += EscapeMarkup(attribute.value);
    out_ += '"';
  }
}

void SvgWriter::Open(std::string_view tag, SvgAttributes attributes) {
  Begin(tag, attributes);
  out_ += ">\n";
  open_.push_back(tag);
}

void SvgWriter::Close() {
  out_ += "</";
  out_ += open_.back();
  out_ += ">\n";
  open_.pop_back();
}

void SvgWriter::Leaf(std::string_view tag, SvgAttributes attributes, std::string_view tooltip) {
  Begin(tag, attributes);
  if (tooltip.empty()) {
    out_ += "/>\n";
    return;
  }
  out_ += "><title>";
  out_ += EscapeMarkup(tooltip);
  out_ += "</title></";
  out_ += tag;
  out_ += ">\n";
}

void SvgWriter::Text(double x, double y, std::string_view text, SvgAttributes attributes) {
  bool has_class = false;
  bool has_fill = false;
  for (const SvgAttribute& attribute : attributes) {
    has_class |= attribute.name == "class";
    has_fill |= attribute.name == "fill";
  }
  Begin("text", attributes);
  out_ += " x=\"" + SvgNumber(x) + "\" y=\"" + SvgNumber(y) + "\"";
  if (!has_class) out_ += " class=\"ink\"";
  if (!has_fill) {
    out_ += " fill=\"";
    out_ += kInk;
    out_ += '"';
  }
  out_ += '>';
  out_ += EscapeMarkup(text);
  out_ += "</text>\n";
}

std::string SvgWriter::Finish() && {
  while (!open_.empty()) Close();
  return std::move(out_);
}

}  // namespace gre
