#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/settings.h"
#include "core/cancellation.h"

namespace gre {

// Every command there is, with fresh default settings.
CommandSpec GreProgram();

// The whole program but main(): `words` are the arguments after the program's name.
ExitCode RunProgram(const std::vector<std::string>& words, const Environment& environment,
                    CancellationToken& cancellation);

}  // namespace gre
