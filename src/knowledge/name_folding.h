#pragma once

#include <string>
#include <string_view>

namespace gre {

// Forms of names in which spellings that mean the same are equal. Pure, thread-safe; any bytes.

// Lower case, without accents and punctuation, one space between words; "&" is "and", "St." is
// "saint", a leading "the" is dropped: "Côte d'Ivoire" and "cote divoire" are equal.
std::string FoldName(std::string_view name);

// A folded name with "ae", "oe", "ue" and "aa" as "a", "o", "u" and "a": the two spellings of
// letters with marks ("Koeln", "Köln") are equal, and now and then two names that differ.
std::string MergeDigraphs(std::string_view folded);

}  // namespace gre
