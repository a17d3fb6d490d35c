# The layer check: every #include "module/..." below src/ must name the file's own module or one
# that its gre_module() call lists, directly or through others; LibTorch headers may stand only in
# TORCH modules, torch/torch.h nowhere. Runs at configure time and again as the test "layers".
function(gre_check_layers)
  get_property(modules GLOBAL PROPERTY GRE_MODULES)
  set(spec "")
  foreach(module ${modules})
    get_property(deps GLOBAL PROPERTY GRE_DEPENDS_${module})
    get_property(torch GLOBAL PROPERTY GRE_TORCH_${module})
    string(APPEND spec "set(DEPENDS_${module} ${deps})\nset(TORCH_${module} ${torch})\n")
  endforeach()
  file(WRITE ${CMAKE_BINARY_DIR}/layers.cmake "set(MODULES ${modules})\n${spec}")
  set(check ${CMAKE_COMMAND} -DSPEC=${CMAKE_BINARY_DIR}/layers.cmake
      -DSOURCE=${CMAKE_SOURCE_DIR}/src -P ${CMAKE_SOURCE_DIR}/cmake/check_layers_script.cmake)
  execute_process(COMMAND ${check} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "the layer check refuses the includes above; see ARCHITECTURE.md")
  endif()
  add_test(NAME layers COMMAND ${check})
  set_tests_properties(layers PROPERTIES LABELS unit)
endfunction()
