#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/locate_options.h"
#include "cli/photo_inputs.h"

namespace gre {

// What one run works through, and what its results file says of it.
struct LocateJob {
  std::vector<PhotoInput> photos;
  std::string settings_hash;  // of everything that changes answers; not used without --out
  std::string header;         // JSON on the first line of a .jsonl file; empty: none
  bool show_results = true;   // on standard output, as they come
};

// Locates the photos in batches, with progress, and keeps results as they come: a run that is
// interrupted or killed goes on where it was. `options` have been checked (CheckLocateOptions);
// their photos are not looked at.
ExitCode RunLocate(const LocateOptions& options, LocateJob job, CliContext& context);

}  // namespace gre
