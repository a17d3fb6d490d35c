#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gre::testing {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  // directly in it, all pieces joined
  std::vector<XmlElement> children;

  // Elements of this name below this one, in document order; `css_class`, where given, is among the
  // words of their class attribute.
  [[nodiscard]] std::vector<const XmlElement*> All(std::string_view element,
                                                   std::string_view css_class = {}) const;
  // The attribute as a number; NaN where it is missing or none.
  [[nodiscard]] double Number(const std::string& attribute) const;
};

// The document's root. The test fails, and the root is empty, where the text is not well-formed
// XML 1.0 (expat decides).
XmlElement ParseXml(const std::string& text);

}  // namespace gre::testing
