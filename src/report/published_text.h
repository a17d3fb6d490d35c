#pragma once

#include <string>

#include "bench/published.h"

namespace gre {

// Published figures as a table for people, with mark, protocol and caveat of every row: what stands
// below a score table. Accuracies that were not published are "-". At most 100 columns wide,
// caveats on lines of their own.
std::string PublishedText(const PublishedBenchmark& benchmark);

}  // namespace gre
