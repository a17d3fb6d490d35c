# Language level, warnings, build types and sanitizers for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_DEV "-O1 -g")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(GRE_CCACHE ccache)
if(GRE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${GRE_CCACHE})
endif()

add_library(gre_options INTERFACE)
target_compile_options(gre_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-unused-parameter -Werror)
# Debug paths are relative, so that objects are the same in every checkout (and ccache hits).
target_compile_options(gre_options INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(GRE_SANITIZE)
  target_compile_options(gre_options INTERFACE
    -fsanitize=${GRE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(gre_options INTERFACE -fsanitize=${GRE_SANITIZE})
endif()
if(GRE_FUZZ)
  target_compile_options(gre_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
