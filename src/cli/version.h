#pragma once

namespace gre {

// The project's version, as CMake knows it ("0.1.0").
extern const char kVersion[];

}  // namespace gre
