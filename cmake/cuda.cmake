# Kernels for NVIDIA cards are built where LibTorch knows CUDA and CUDA's compiler was found with it.
#
# Sets PTRAVEL_CUDA. CUDA's compiler sees our own sources alone, never LibTorch's headers.

set(default OFF)
if(TORCH_CUDA_LIBRARIES AND CMAKE_CUDA_COMPILER)
  set(default ON)
endif()
option(PTRAVEL_CUDA "Build kernels for NVIDIA cards (needs CUDA's compiler and a LibTorch with CUDA)" ${default})
if(PTRAVEL_CUDA AND NOT default)
  message(FATAL_ERROR "PTRAVEL_CUDA: expected CUDA's compiler (nvcc) and a LibTorch with CUDA, found "
                      "compiler \"${CMAKE_CUDA_COMPILER}\", LibTorch's CUDA libraries \"${TORCH_CUDA_LIBRARIES}\"")
endif()
# From Ampere on. What no list can name yet runs from the last entry, which the driver compiles.
set(PTRAVEL_CUDA_ARCHITECTURES "80;86;89;90a;89-virtual" CACHE STRING "Cards to build kernels for")

# Compiles the target's .cu files.
function(ptravel_cuda_sources target)
  set(flags -std=c++20 -O3 --expt-relaxed-constexpr -Xcompiler=-fPIC -ccbin ${CMAKE_CXX_COMPILER}
            -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_SOURCE_DIR}/src)
  foreach(architecture IN LISTS PTRAVEL_CUDA_ARCHITECTURES)
    if(architecture MATCHES "^([0-9]+a?)-virtual$")
      list(APPEND flags -gencode=arch=compute_${CMAKE_MATCH_1},code=compute_${CMAKE_MATCH_1})
    elseif(architecture MATCHES "^[0-9]+a?$")
      list(APPEND flags -gencode=arch=compute_${architecture},code=sm_${architecture})
    else()
      message(FATAL_ERROR "PTRAVEL_CUDA_ARCHITECTURES: expected numbers such as 80, 90a or 89-virtual, got ${architecture}")
    endif()
  endforeach()
  foreach(source IN LISTS ARGN)
    string(REPLACE "/" "_" name "${source}")
    set(object "${CMAKE_CURRENT_BINARY_DIR}/${name}.o")
    add_custom_command(OUTPUT "${object}"
      COMMAND ${CMAKE_CUDA_COMPILER} ${flags} -MD -MF "${object}.d" -c "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${object}"
      DEPENDS "${source}" DEPFILE "${object}.d" COMMENT "Building CUDA object ${name}.o" VERBATIM)
    target_sources(${target} PRIVATE "${object}")
  endforeach()
endfunction()
