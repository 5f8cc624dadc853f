# LibTorch, and CUDA's compiler where it is there, from the Python packages torch and nvidia-cuda-nvcc: a build
# for NVIDIA cards with nothing but what pip installs (docs/gpu.md).

option(PTRAVEL_PYTHON_TORCH "Take LibTorch, and CUDA's compiler, from the packages of python3" OFF)
if(NOT PTRAVEL_PYTHON_TORCH)
  return()
endif()

# A toolkit as CMake and nvcc expect it. The packages have its parts, but no lib64 and no names of libraries
# without versions; nvcc looks around where it really lies, so it is copied.
function(ptravel_gather_cuda from to)
  file(MAKE_DIRECTORY "${to}/bin" "${to}/lib64")
  file(GLOB programs "${from}/bin/*")
  foreach(program IN LISTS programs)
    get_filename_component(name "${program}" NAME)
    if(name STREQUAL "nvcc")
      file(COPY_FILE "${program}" "${to}/bin/nvcc" ONLY_IF_DIFFERENT)
    else()
      file(CREATE_LINK "${program}" "${to}/bin/${name}" SYMBOLIC)
    endif()
  endforeach()
  foreach(folder IN ITEMS include nvvm)
    file(CREATE_LINK "${from}/${folder}" "${to}/${folder}" SYMBOLIC)
  endforeach()
  file(GLOB libraries "${from}/lib/*.so*" "${from}/lib/*.a")
  foreach(library IN LISTS libraries)
    get_filename_component(name "${library}" NAME)
    file(CREATE_LINK "${library}" "${to}/lib64/${name}" SYMBOLIC)
    string(REGEX REPLACE "\\.so\\..*" ".so" plain "${name}")
    if(NOT EXISTS "${to}/lib64/${plain}")
      file(CREATE_LINK "${library}" "${to}/lib64/${plain}" SYMBOLIC)
    endif()
  endforeach()
  file(CREATE_LINK lib64 "${to}/lib" SYMBOLIC)
endfunction()

find_program(PTRAVEL_PYTHON python3 HINTS ${CMAKE_SOURCE_DIR}/.venv/bin)  # an activated one is in PATH
execute_process(COMMAND "${PTRAVEL_PYTHON}" -c
                        "import os, torch; print(torch.utils.cmake_prefix_path, os.path.dirname(torch.__path__[0]), torch.version.cuda or '', sep='\\n')"
                RESULT_VARIABLE result OUTPUT_VARIABLE answer ERROR_VARIABLE error OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "PTRAVEL_PYTHON_TORCH: ${PTRAVEL_PYTHON} cannot import torch: expected a Python with the package "
                      "torch in .venv, in an activated environment or in PATH, or PTRAVEL_PYTHON to name one.\n${error}")
endif()
string(REPLACE "\n" ";" answer "${answer};")
list(GET answer 0 python_torch)
list(GET answer 1 python_packages)
list(GET answer 2 python_torch_cuda)
list(PREPEND CMAKE_PREFIX_PATH "${python_torch}")
message(STATUS "LibTorch: the package torch of ${PTRAVEL_PYTHON}, CUDA \"${python_torch_cuda}\"")

string(REGEX REPLACE "\\..*" "" python_cuda_major "${python_torch_cuda}")
set(python_cuda "${python_packages}/nvidia/cu${python_cuda_major}")
if(python_torch_cuda AND EXISTS "${python_cuda}/bin/nvcc" AND NOT CUDAToolkit_ROOT)
  ptravel_gather_cuda("${python_cuda}" "${CMAKE_BINARY_DIR}/cuda")
  set(CUDAToolkit_ROOT "${CMAKE_BINARY_DIR}/cuda" CACHE PATH "CUDA's compiler and headers")
  set(CUDA_TOOLKIT_ROOT_DIR "${CMAKE_BINARY_DIR}/cuda" CACHE PATH "The same, for LibTorch's configuration")
  set(CMAKE_CUDA_COMPILER "${CMAKE_BINARY_DIR}/cuda/bin/nvcc" CACHE FILEPATH "CUDA's compiler")
endif()
if(NOT DEFINED TORCH_CUDA_ARCH_LIST AND "$ENV{TORCH_CUDA_ARCH_LIST}" STREQUAL "")
  # LibTorch would look for cards in this machine; our own kernels have a list of theirs.
  set(TORCH_CUDA_ARCH_LIST 8.0)
endif()
