#pragma once

#include <string_view>
#include <vector>

#include "knowledge/country_facts.h"

namespace gre {

// The countries that a text names, in order, each once. Names are found as whole words that begin
// with a capital letter; codes other than US, USA, UK and UAE are not taken for names. Thread-safe.
std::vector<const Country*> CountriesNamedIn(std::string_view text);

}  // namespace gre
