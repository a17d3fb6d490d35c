# gre_module(NAME <name> [DEPENDS <modules>...] [LIBS <third-party targets>...] [TORCH])
#
# One call is one module: src/<name>/**/*.cc become the static library gre_<name>; files ending in
# _test.cc become the test program <name>_test (CTest label "unit"), files ending in _golden_test.cc
# the program <name>_golden_test (label "golden"). DEPENDS lists the modules whose headers it may
# include; gre_check_layers() refuses every other include. TORCH marks modules that use LibTorch.
function(gre_module)
  cmake_parse_arguments(M "TORCH" "NAME" "DEPENDS;LIBS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${M_NAME})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(golden ${sources})
  set(tests ${sources})
  list(FILTER golden INCLUDE REGEX "_golden_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER tests EXCLUDE REGEX "_golden_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$|/plugin\\.cc$")

  set_property(GLOBAL APPEND PROPERTY GRE_MODULES ${M_NAME})
  set_property(GLOBAL PROPERTY GRE_DEPENDS_${M_NAME} ${M_DEPENDS})
  set_property(GLOBAL PROPERTY GRE_TORCH_${M_NAME} ${M_TORCH})

  list(TRANSFORM M_DEPENDS PREPEND gre_)
  if(sources)
    add_library(gre_${M_NAME} STATIC ${sources})
    target_include_directories(gre_${M_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(gre_${M_NAME} PUBLIC ${M_DEPENDS} PRIVATE gre_options ${M_LIBS})
    if(M_TORCH)
      target_link_libraries(gre_${M_NAME} PUBLIC gre_libtorch)
    endif()
  else()
    add_library(gre_${M_NAME} INTERFACE)
    target_include_directories(gre_${M_NAME} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(gre_${M_NAME} INTERFACE ${M_DEPENDS})
  endif()

  if(GRE_BUILD_TESTS)
    gre_test_program(${M_NAME}_test unit "${tests}" gre_${M_NAME} ${M_LIBS})
    gre_test_program(${M_NAME}_golden_test golden "${golden}" gre_${M_NAME} ${M_LIBS})
  endif()
endfunction()

# gre_test_program(<target> <label> <sources> <libraries>...): a GoogleTest program, one CTest test a case.
function(gre_test_program target label sources)
  if(NOT sources)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY GRE_TEST_PROGRAMS ${target})
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE gre_options gre_test_support ${ARGN} GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE GRE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES LABELS ${label} TIMEOUT 300 SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()
