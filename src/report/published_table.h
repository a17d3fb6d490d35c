#pragma once

#include "bench/published.h"
#include "report/table.h"

namespace gre {

// Published figures, with mark, protocol and caveat of every row: what stands below scores.
Table PublishedTable(const PublishedBenchmark& benchmark);

}  // namespace gre
