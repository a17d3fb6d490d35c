# Every third-party library, in one place. Versions are lower bounds that Debian 12 meets; LibTorch is
# pinned with hashes in cmake/torch_pin.txt.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson 3.0 REQUIRED)
find_package(tomlplusplus 3.3 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(LibArchive 3.6 REQUIRED)
find_package(PostgreSQL 15 REQUIRED)  # the client library only
pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips>=8.14)
pkg_check_modules(exif REQUIRED IMPORTED_TARGET libexif>=0.6.24)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib>=0.11)
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.42)

find_path(GEOGRAPHICLIB_INCLUDE GeographicLib/Geodesic.hpp REQUIRED)
find_library(GEOGRAPHICLIB_LIBRARY NAMES GeographicLib Geographic REQUIRED)
add_library(GeographicLib::GeographicLib UNKNOWN IMPORTED)
set_target_properties(GeographicLib::GeographicLib PROPERTIES
  IMPORTED_LOCATION ${GEOGRAPHICLIB_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${GEOGRAPHICLIB_INCLUDE})

find_path(CLD2_INCLUDE cld2/public/compact_lang_det.h REQUIRED)
find_library(CLD2_LIBRARY NAMES cld2 REQUIRED)
add_library(CLD2::CLD2 UNKNOWN IMPORTED)
set_target_properties(CLD2::CLD2 PROPERTIES
  IMPORTED_LOCATION ${CLD2_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${CLD2_INCLUDE})

# Optional: the face detector of `gre bench build` (packages of the scope "faces").
find_path(OPENCV_INCLUDE opencv2/objdetect.hpp PATH_SUFFIXES opencv4)
foreach(part core imgproc objdetect)
  find_library(OPENCV_${part} NAMES opencv_${part})
  list(APPEND opencv_libraries ${OPENCV_${part}})
endforeach()
if(OPENCV_INCLUDE AND OPENCV_core AND OPENCV_imgproc AND OPENCV_objdetect)
  add_library(gre_opencv INTERFACE)
  target_include_directories(gre_opencv SYSTEM INTERFACE ${OPENCV_INCLUDE})
  target_link_libraries(gre_opencv INTERFACE ${opencv_libraries})
endif()

if(GRE_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
  find_package(EXPAT 2.5 REQUIRED)  # the tests read XML with it
  include(GoogleTest)
endif()
if(GRE_BUILD_BENCHMARKS)
  find_package(benchmark 1.7 REQUIRED)
endif()

# LibTorch, by hand: find_package(Torch) of a CUDA wheel wants the CUDA toolkit, which nobody needs here.
# GRE_TORCH_DIR is the unpacked wheel's "torch" folder; tools/setup fills the default place.
if(GRE_WITH_TORCH)
  file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/torch_pin.txt version REGEX "^version ")
  string(REGEX REPLACE "^version +" "" version "${version}")
  if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(cache $ENV{XDG_CACHE_HOME})
  else()
    set(cache $ENV{HOME}/.cache)
  endif()
  file(GLOB found ${cache}/gre/torch/${version}-*/torch)
  list(SORT found)  # "-cpu" before "-cuda"
  list(APPEND found "")
  list(GET found 0 default)
  set(GRE_TORCH_DIR "${default}" CACHE PATH "folder 'torch' of an unpacked LibTorch wheel")
  if(NOT EXISTS ${GRE_TORCH_DIR}/lib/libtorch_cpu.so)
    message(FATAL_ERROR "GRE_TORCH_DIR='${GRE_TORCH_DIR}' holds no LibTorch ${version}: run ./gre once, "
      "or configure with -DGRE_WITH_TORCH=OFF")
  endif()
  # LibTorch's collectives contain Gloo, but the wheel lacks its headers, which those of c10d name.
  find_path(GRE_GLOO_HEADERS gloo/context.h REQUIRED)
  add_library(gre_libtorch INTERFACE)
  target_include_directories(gre_libtorch SYSTEM INTERFACE
    ${GRE_TORCH_DIR}/include ${GRE_TORCH_DIR}/include/torch/csrc/api/include)
  target_compile_definitions(gre_libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
  target_link_directories(gre_libtorch INTERFACE ${GRE_TORCH_DIR}/lib)
  # libtorch.so and libtorch_cuda.so are not linked: the first pulls in the second, which wants the whole CUDA
  # runtime. The engine loads libtorch_cuda.so when a CUDA device is asked for.
  target_link_libraries(gre_libtorch INTERFACE -Wl,--no-as-needed c10 torch_cpu -Wl,--as-needed)
  target_link_options(gre_libtorch INTERFACE -Wl,--allow-shlib-undefined)
  set(CMAKE_BUILD_RPATH ${GRE_TORCH_DIR}/lib)
endif()
