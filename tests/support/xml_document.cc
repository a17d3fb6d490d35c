#include "support/xml_document.h"

#include <limits>
#include <memory>
#include <sstream>

#include <expat.h>
#include <gtest/gtest.h>

#include "core/strings.h"

namespace gre::testing {
namespace {

struct Builder {
  std::vector<XmlElement> open = {{}};

  static Builder* Of(void* user) { return static_cast<Builder*>(user); }
  static void XMLCALL Start(void* user, const char* name, const char** attributes) {
    XmlElement element;
    element.name = name;
    for (; *attributes != nullptr; attributes += 2) {
      element.attributes[attributes[0]] = attributes[1];
    }
    Of(user)->open.push_back(std::move(element));
  }
  static void XMLCALL End(void* user, const char*) {
    std::vector<XmlElement>& open = Of(user)->open;
    XmlElement done = std::move(open.back());
    open.pop_back();
    open.back().children.push_back(std::move(done));
  }
  static void XMLCALL Text(void* user, const char* text, int length) {
    Of(user)->open.back().text.append(text, static_cast<size_t>(length));
  }
};

bool HasWord(const std::string& words, std::string_view word) {
  std::istringstream stream(words);
  for (std::string each; stream >> each;) {
    if (each == word) return true;
  }
  return false;
}

void Collect(const XmlElement& element, std::string_view name, std::string_view css_class,
             std::vector<const XmlElement*>& found) {
  for (const XmlElement& child : element.children) {
    const auto its_class = child.attributes.find("class");
    const bool matches = css_class.empty() || (its_class != child.attributes.end() &&
                                               HasWord(its_class->second, css_class));
    if (child.name == name && matches) found.push_back(&child);
    Collect(child, name, css_class, found);
  }
}

}  // namespace

std::vector<const XmlElement*> XmlElement::All(std::string_view element,
                                               std::string_view css_class) const {
  std::vector<const XmlElement*> found;
  Collect(*this, element, css_class, found);
  return found;
}

double XmlElement::Number(const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  const auto value = found == attributes.end() ? std::nullopt : ParseDouble(found->second);
  return value.value_or(std::numeric_limits<double>::quiet_NaN());
}

XmlElement ParseXml(const std::string& text) {
  Builder builder;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate("UTF-8"), &XML_ParserFree);
  XML_SetUserData(parser.get(), &builder);
  XML_SetElementHandler(parser.get(), &Builder::Start, &Builder::End);
  XML_SetCharacterDataHandler(parser.get(), &Builder::Text);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), 1) != XML_STATUS_OK) {
    ADD_FAILURE() << "line " << XML_GetCurrentLineNumber(parser.get()) << ": "
                  << XML_ErrorString(XML_GetErrorCode(parser.get()));
    return {};
  }
  return std::move(builder.open.front().children.front());
}

}  // namespace gre::testing
