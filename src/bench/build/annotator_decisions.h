#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "metrics/agreement.h"

namespace gre {

// What people say about photos of a benchmark: can country and city be inferred from it?
struct AnnotatorDecision {
  bool country = false;
  bool city = false;
};

inline constexpr size_t kFewestAnnotators = 3;  // as GREval

struct AnnotatorDecisions {
  std::vector<std::string> annotators;  // names of the files without folder and extension
  // By photo id; in the order of `annotators`.
  std::map<std::string, std::vector<AnnotatorDecision>, std::less<>> photos;
};

// One CSV file an annotator, with the columns id, country and city; yes and no (also y, n, true,
// false, 1, 0) in any letter case. Strict: fewer than three files, an id that stands twice or is
// missing from one of the files and any other word are kInvalidInput with file, line and column.
Result<AnnotatorDecisions> ReadAnnotatorDecisions(std::span<const std::string> paths);

struct AnnotatorAgreement {
  Agreement country;
  Agreement city;
  Agreement neither;  // whether neither can be inferred: what the drop rule looks at
};

// Fleiss' kappa over all photos.
AnnotatorAgreement MeasureAgreement(const AnnotatorDecisions& decisions);

// How many annotators say that neither country nor city can be inferred.
size_t NeitherVotes(std::span<const AnnotatorDecision> decisions);

}  // namespace gre
