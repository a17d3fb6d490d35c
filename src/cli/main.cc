#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include <fcntl.h>

#include "cli/program.h"
#include "cli/signals.h"

namespace {

// A stream that the caller closed must not be taken by the next file that is opened: what is meant
// for the terminal would go into it. Opened the wrong way round, standard input and output give
// an error when they are used.
void ReserveStandardStreams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) {
      constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
      (void)open("/dev/null", kModes[fd]);  // takes the lowest free number: this one
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  ReserveStandardStreams();
  const gre::Environment environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  try {
    return gre::RunProgram({argv + 1, argv + argc}, environment, gre::InstallSignalHandlers());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "gre: out of memory\n");
    return gre::kExitEnvironment;
  } catch (const std::exception& error) {  // a defect
    std::fprintf(stderr, "gre: internal error: %s\n", error.what());
    return gre::kExitSomeFailed;
  }
}
