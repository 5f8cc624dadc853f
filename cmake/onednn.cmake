# Finds oneDNN, which is optional: without it LibTorch's own operators compute on a CPU.
#
# Sets PTRAVEL_ONEDNN_FOUND, DNNL_INCLUDE_DIR, DNNL_LIBRARY, and PTRAVEL_ONEDNN_HEADERS: the folder to
# include from, before all others.

set(PTRAVEL_ONEDNN_FOUND FALSE)
if(PTRAVEL_ONEDNN)
  find_path(DNNL_INCLUDE_DIR dnnl.hpp)
  find_library(DNNL_LIBRARY dnnl)
  if(DNNL_INCLUDE_DIR AND DNNL_LIBRARY)
    set(PTRAVEL_ONEDNN_FOUND TRUE)
    set(PTRAVEL_ONEDNN_HEADERS "${DNNL_INCLUDE_DIR}")
  else()
    message(STATUS "oneDNN (libdnnl-dev) was not found: convolutions and linear maps go through LibTorch")
  endif()
endif()

# A LibTorch that links another oneDNN (Debian's links 2.x) would call ours, whose functions have the same
# names and other arguments.
function(ptravel_check_onednn_of_torch)
  get_filename_component(folder "${TORCH_LIBRARY}" DIRECTORY)
  set(library "${folder}/libtorch_cpu.so")
  if(NOT CMAKE_READELF OR NOT EXISTS "${library}")
    return()
  endif()
  execute_process(COMMAND "${CMAKE_READELF}" -d "${library}" OUTPUT_VARIABLE needed ERROR_QUIET)
  file(STRINGS "${DNNL_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h" line REGEX "define DNNL_VERSION_MAJOR")
  string(REGEX REPLACE "[^0-9]" "" major "${line}")
  if(needed MATCHES "libdnnl\\.so\\.([0-9]+)" AND NOT CMAKE_MATCH_1 EQUAL major)
    message(FATAL_ERROR "oneDNN ${major} (${DNNL_LIBRARY}): expected version ${CMAKE_MATCH_1}, which LibTorch "
                        "(${library}) links. LibTorch 2.x from a Python package goes with any.")
  endif()
endfunction()
if(PTRAVEL_ONEDNN_FOUND)
  ptravel_check_onednn_of_torch()
endif()

# LibTorch 2.x brings the headers of a oneDNN that is hidden inside it. A folder that compilers search
# by themselves comes last, behind those: then ours are reached through links.
set(hidden_headers FALSE)
foreach(folder IN LISTS TORCH_INCLUDE_DIRS)
  if(EXISTS "${folder}/dnnl.hpp" AND NOT folder STREQUAL DNNL_INCLUDE_DIR)
    set(hidden_headers TRUE)
  endif()
endforeach()
if(PTRAVEL_ONEDNN_FOUND AND hidden_headers AND DNNL_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
  set(PTRAVEL_ONEDNN_HEADERS "${CMAKE_BINARY_DIR}/onednn_headers")
  file(REMOVE_RECURSE "${PTRAVEL_ONEDNN_HEADERS}")
  file(MAKE_DIRECTORY "${PTRAVEL_ONEDNN_HEADERS}/oneapi")
  file(GLOB headers "${DNNL_INCLUDE_DIR}/dnnl*.h" "${DNNL_INCLUDE_DIR}/dnnl*.hpp")
  foreach(header IN LISTS headers)
    get_filename_component(name "${header}" NAME)
    file(CREATE_LINK "${header}" "${PTRAVEL_ONEDNN_HEADERS}/${name}" SYMBOLIC)
  endforeach()
  file(CREATE_LINK "${DNNL_INCLUDE_DIR}/oneapi/dnnl" "${PTRAVEL_ONEDNN_HEADERS}/oneapi/dnnl" SYMBOLIC)
endif()
