# Finds LibTorch: a distribution's, an unpacked archive, or the one inside the Python package torch.
#
# Sets what TorchConfig.cmake does: TORCH_INCLUDE_DIRS, TORCH_LIBRARIES, TORCH_CXX_FLAGS; with CUDA also
# TORCH_CUDA_LIBRARIES.

# Sets `folder` to that of TorchConfig.cmake where Torch_DIR or CMAKE_PREFIX_PATH names one, else to "".
function(ptravel_named_torch folder)
  set(${folder} "" PARENT_SCOPE)
  foreach(prefix IN LISTS Torch_DIR CMAKE_PREFIX_PATH)
    foreach(place IN ITEMS . Torch share/cmake/Torch)
      if(EXISTS "${prefix}/${place}/TorchConfig.cmake")
        file(REAL_PATH "${prefix}/${place}" found)
        set(${folder} "${found}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
endfunction()

# TorchConfig.cmake looks for its own libraries in the system first: beside a distribution's LibTorch it
# would take that one's. Those that lie beside the configuration are the right ones.
function(ptravel_prefer_torch_libraries folder)
  find_library(TORCH_LIBRARY torch PATHS "${folder}" NO_DEFAULT_PATH)
  find_library(c10_LIBRARY c10 PATHS "${folder}" NO_DEFAULT_PATH)
  find_library(kineto_LIBRARY kineto PATHS "${folder}" NO_DEFAULT_PATH)
endfunction()

# A LibTorch with CUDA insists on CUDA's compiler. Where there is none, the half of it that computes on
# CPUs is a library that can be linked alone.
macro(ptravel_use_torch_without_cuda root)
  message(STATUS "LibTorch: its CUDA part is left out (PTRAVEL_LIBTORCH_CUDA is off)")
  set(TORCH_INCLUDE_DIRS "${root}/include" "${root}/include/torch/csrc/api/include")
  set(TORCH_LIBRARIES "${root}/lib/libtorch_cpu.so" "${root}/lib/libc10.so")
  set(TORCH_CXX_FLAGS "")
  # Packages before 2.7 were built for the older layout of std::string.
  file(STRINGS "${root}/share/cmake/Torch/TorchConfig.cmake" old_strings REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(old_strings)
    set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=0")
  endif()
endmacro()

find_program(PTRAVEL_NVCC nvcc HINTS ${CUDAToolkit_ROOT} ${CUDA_TOOLKIT_ROOT_DIR} ENV CUDA_HOME ENV CUDA_PATH
             PATHS /usr/local/cuda /opt/cuda PATH_SUFFIXES bin)
set(default OFF)
if(PTRAVEL_NVCC OR CMAKE_CUDA_COMPILER OR DEFINED ENV{CUDACXX})
  set(default ON)
endif()
option(PTRAVEL_LIBTORCH_CUDA "Link the CUDA part of a LibTorch that has one (needs CUDA's compiler, nvcc)" ${default})

ptravel_named_torch(torch_folder)
if(torch_folder)
  file(REAL_PATH "${torch_folder}/../../.." torch_root)
  ptravel_prefer_torch_libraries("${torch_root}/lib")
endif()
if(torch_folder AND EXISTS "${torch_root}/lib/libtorch_cuda.so" AND NOT PTRAVEL_LIBTORCH_CUDA)
  ptravel_use_torch_without_cuda("${torch_root}")
else()
  # CMake 3.25 knows no C++20 for CUDA, which LibTorch would turn on in the project's standard.
  if(NOT DEFINED CMAKE_CUDA_STANDARD AND CMAKE_VERSION VERSION_LESS 3.26)
    set(CMAKE_CUDA_STANDARD 17)
  endif()
  find_package(Torch REQUIRED)
endif()
