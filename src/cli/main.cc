#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/program.h"
#include "cli/signals.h"

int main(int argc, char** argv) {
  const gre::Environment environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  try {
    return gre::RunProgram({argv + 1, argv + argc}, environment, gre::InstallSignalHandlers());
  } catch (const std::exception& error) {  // out of memory, or a defect
    std::fprintf(stderr, "gre: internal error: %s\n", error.what());
    return gre::kExitSomeFailed;
  }
}
