#include "cli/version.h"

namespace gre {

const char kVersion[] = GRE_VERSION;

}  // namespace gre
