#pragma once

#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// `gre train export`: a recipe for another engine, in a new folder `out`: its data, its
// configuration with each key explained, the rewards in Python (of reinforcement), and README.txt
// with what has no equivalent. `engine`: "llamafactory" (supervised fine-tuning), "verl"
// (reinforcement) or "trl" (both). Photos are named by absolute paths, not copied. The folder
// appears when it is complete; kInvalidArgument where it is there already, or where the engine
// lacks the stage. Returns the names of the files.
Result<std::vector<std::string>> ExportTraining(const std::string& config_path,
                                                const std::vector<std::string>& overrides,
                                                const std::string& engine, const std::string& out,
                                                const CancellationToken& cancellation);

}  // namespace gre
