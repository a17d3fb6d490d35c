#pragma once

#include <cstddef>

// GRE_EMBED(symbol, "/absolute/file"): the file's bytes in the program, from symbol_begin to
// symbol_end (a zero byte follows). At namespace scope of one source file, outside of namespaces;
// that file lists the data in OBJECT_DEPENDS (src/CMakeLists.txt).
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): .incbin needs a literal path
#define GRE_EMBED(symbol, file)                                        \
  __asm__(                                                             \
      ".pushsection .rodata\n"                                         \
      ".balign 16\n" #symbol "_begin:\n.incbin \"" file "\"\n" #symbol \
      "_end:\n.byte 0\n"                                               \
      ".popsection\n");                                                \
  extern "C" const std::byte symbol##_begin[];                         \
  extern "C" const std::byte symbol##_end[]
