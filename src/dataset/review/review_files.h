#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/entry_table.h"

namespace gre {

// Decisions as CSV with the columns part, id (of the photo), reply (its number in the dataset),
// annotator, decision, reasons (names, separated by blanks), chain, decided.

// Decisions of all annotators, or of one; returns how many. Written atomically.
Result<int64_t> WriteReviews(Dataset& dataset, DataPart part, const std::string& annotator,
                             const std::string& path);

// Takes over the decisions of a file. Strict: an unknown part, id, entry, decision or reason, an
// empty annotator and a fix without a chain are kInvalidInput with file, line and column, and
// nothing is taken over.
Result<int64_t> ReadReviews(Dataset& dataset, const std::string& path);

}  // namespace gre
