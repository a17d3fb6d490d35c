#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gre {

// Coordinates and lengths: at most two decimals, no trailing zeros.
std::string SvgNumber(double value);

struct SvgAttribute {
  SvgAttribute(std::string_view key, double number) : name(key), value(SvgNumber(number)) {}
  SvgAttribute(std::string_view key, std::string_view text) : name(key), value(text) {}

  std::string_view name;  // of a literal
  std::string value;      // escaped when written
};
using SvgAttributes = std::initializer_list<SvgAttribute>;

// An SVG 1.1 picture under construction. Looks stand in presentation attributes, so that a file
// needs no style sheet and any program can show it; classes let a page restyle it (its dark mode).
// No ids, so that several pictures can stand in one page; no scripts, no style attributes, nothing
// that is loaded. All text is escaped. Not thread-safe.
class SvgWriter {
 public:
  // `title` and `description` are what a screen reader says.
  SvgWriter(double width, double height, std::string_view title, std::string_view description);

  void Open(std::string_view tag, SvgAttributes attributes);  // `tag` of a literal
  void Close();
  // `tooltip` becomes a <title> where it is not empty.
  void Leaf(std::string_view tag, SvgAttributes attributes, std::string_view tooltip = {});
  void Text(double x, double y, std::string_view text, SvgAttributes attributes = {});

  // Closes what is open.
  std::string Finish() &&;

 private:
  void Begin(std::string_view tag, SvgAttributes attributes);

  std::vector<std::string_view> open_;
  std::string out_;
};

}  // namespace gre
