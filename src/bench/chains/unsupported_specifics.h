#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/chains/step_classifier.h"

namespace gre {

// A detail that can only be known from the photo, used by a chain that never says to have seen it.
struct UnsupportedSpecific {
  enum class Kind {
    kQuotedText,   // text in quotation marks that begins with a capital letter or digit
    kStreet,       // "Cleveland Avenue", "Rue de la Paix", "Route 66"
    kNumberPlate,  // "AB-123-CD" beside a word for plates
    kPhoneNumber,  // "+44 20 7946 0000"
  };
  Kind kind = Kind::kQuotedText;
  size_t step = 0;   // index into the chain
  std::string text;  // as the chain writes it
};

inline constexpr UnsupportedSpecific::Kind kSpecificKinds[] = {
    UnsupportedSpecific::Kind::kQuotedText, UnsupportedSpecific::Kind::kStreet,
    UnsupportedSpecific::Kind::kNumberPlate, UnsupportedSpecific::Kind::kPhoneNumber};
std::string_view SpecificKindName(UnsupportedSpecific::Kind kind);  // "quoted_text", "street", …

// The specifics of statements that conclude or recall, which no statement of the chain reports as
// seen: neither a caption nor one with a word of sight holds them. classes[i] is that of
// statements[i]. A question to the reader: place names that anybody may know can be streets too.
// Each once; thread-safe; linear in the text times the specifics found.
std::vector<UnsupportedSpecific> FindUnsupportedSpecifics(std::span<const Statement> statements,
                                                          std::span<const StepClass> classes);

}  // namespace gre
