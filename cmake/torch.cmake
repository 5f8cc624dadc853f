# Finds LibTorch: a distribution's, an unpacked archive, or the one inside the Python package torch.

# CMake 3.25 knows no C++20 for CUDA, which LibTorch's CUDA build would turn on in the project's standard.
if(NOT DEFINED CMAKE_CUDA_STANDARD AND CMAKE_VERSION VERSION_LESS 3.26)
  set(CMAKE_CUDA_STANDARD 17)
endif()

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
ptravel_named_torch(torch_folder)
if(torch_folder)
  foreach(library IN ITEMS torch c10 kineto)
    set(variable ${library}_LIBRARY)
    if(library STREQUAL "torch")
      set(variable TORCH_LIBRARY)
    endif()
    find_library(${variable} ${library} PATHS "${torch_folder}/../../../lib" NO_DEFAULT_PATH)
  endforeach()
endif()
find_package(Torch REQUIRED)
