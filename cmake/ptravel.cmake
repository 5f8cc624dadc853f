# The house rules as functions: one static library per room, one test program per room.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Settings every target of ours takes; never global flags.
add_library(ptravel_settings INTERFACE)
target_include_directories(ptravel_settings INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(ptravel_settings INTERFACE -Wall -Wextra -Wno-unused-parameter)
# GCC 12 warns wrongly about string concatenation when it optimises (its bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ptravel_settings INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(PTRAVEL_SANITIZE)
  target_compile_options(ptravel_settings INTERFACE
                         -fsanitize=${PTRAVEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ptravel_settings INTERFACE -fsanitize=${PTRAVEL_SANITIZE})
endif()
if(PTRAVEL_COVERAGE)
  target_compile_options(ptravel_settings INTERFACE --coverage)
  target_link_options(ptravel_settings INTERFACE --coverage)
endif()
if(PTRAVEL_WERROR)
  target_compile_options(ptravel_settings INTERFACE -Werror)
endif()

# ptravel_room(name SOURCES ... [DEPENDS rooms...] [PRIVATE outside libraries...] [ATEN])
# makes the static library ptravel_<name>. ATEN: the room uses tensors (links LibTorch, shares one
# precompiled ATen header).
function(ptravel_room name)
  cmake_parse_arguments(ROOM "ATEN" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(ptravel_${name} STATIC ${ROOM_SOURCES})
  add_library(ptravel::${name} ALIAS ptravel_${name})
  target_link_libraries(ptravel_${name} PUBLIC ptravel_settings)
  set_target_properties(ptravel_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  foreach(dependency IN LISTS ROOM_DEPENDS)
    target_link_libraries(ptravel_${name} PUBLIC ptravel_${dependency})
  endforeach()
  target_link_libraries(ptravel_${name} PRIVATE ${ROOM_PRIVATE})
  if(ROOM_ATEN)
    ptravel_use_aten(ptravel_${name})
  endif()
endfunction()

# Links LibTorch (as system headers) and reuses the one precompiled header.
function(ptravel_use_aten target)
  if(NOT TARGET ptravel_torch)
    add_library(ptravel_torch INTERFACE)
    target_include_directories(ptravel_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
    # The Python package's libtorch.so exports parts of another C++ library (std::filesystem), which do not
    # work in a program of ours: the compiler's own has to be found before them.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_link_libraries(ptravel_torch INTERFACE stdc++)
    endif()
    target_link_libraries(ptravel_torch INTERFACE ${TORCH_LIBRARIES})
    string(REPLACE " " ";" flags "${TORCH_CXX_FLAGS}")
    target_compile_options(ptravel_torch INTERFACE ${flags})
    # One object library whose only purpose is to carry the precompiled ATen header.
    file(WRITE ${CMAKE_BINARY_DIR}/aten_pch.cpp "// Carries the precompiled ATen header.\n")
    add_library(ptravel_aten_pch OBJECT ${CMAKE_BINARY_DIR}/aten_pch.cpp)
    target_link_libraries(ptravel_aten_pch PUBLIC ptravel_settings ptravel_torch)
    set_target_properties(ptravel_aten_pch PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_precompile_headers(ptravel_aten_pch PRIVATE <ATen/ATen.h>)
  endif()
  target_link_libraries(${target} PUBLIC ptravel_torch)
  # The precompiled header is made with -fPIC; a program would be compiled with -fPIE, which differs.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  else()
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  target_precompile_headers(${target} REUSE_FROM ptravel_aten_pch)
endfunction()

# ptravel_test(room SOURCES ... [DEPENDS rooms...] [PRIVATE libraries...] [ATEN])
# makes the GoogleTest program test_<room>; it gets the label "unit".
# Tests may include the private headers of the rooms they exercise and tests/support/.
function(ptravel_test room)
  cmake_parse_arguments(TEST "ATEN" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_executable(test_${room} ${TEST_SOURCES})
  target_include_directories(test_${room} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(test_${room} PRIVATE PTRAVEL_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
  foreach(dependency IN LISTS TEST_DEPENDS)
    target_link_libraries(test_${room} PRIVATE ptravel_${dependency})
  endforeach()
  target_link_libraries(test_${room} PRIVATE ${TEST_PRIVATE} GTest::gmock GTest::gtest GTest::gtest_main)
  if(TEST_ATEN)
    target_link_libraries(test_${room} PRIVATE ptravel_test_support)
    ptravel_use_aten(test_${room})
  endif()
  ptravel_add_test(test_${room} unit)
endfunction()

# Registers a whole GoogleTest program as one test: a process that loads LibTorch takes half a second.
# Threads that wait by spinning would slow down tests that run side by side.
function(ptravel_add_test program label)
  add_test(NAME ${label}.${program} COMMAND ${program} --gtest_brief=1)
  set_tests_properties(${label}.${program} PROPERTIES LABELS ${label} TIMEOUT 900
                       ENVIRONMENT "OMP_WAIT_POLICY=passive")
endfunction()
