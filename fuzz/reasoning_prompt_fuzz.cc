// Prompt templates: what parses must render once every name has a value.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "reasoning/prompt_template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto prompt =
      gre::PromptTemplate::Parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!prompt.ok()) return 0;
  std::map<std::string, std::string, std::less<>> values;
  for (const std::string& name : prompt->Names()) values[name] = "{{value}}";
  if (!prompt->Render(values).ok()) std::abort();
  return 0;
}
