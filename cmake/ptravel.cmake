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
  target_compile_options(ptravel_settings INTERFACE --coverage -DPTRAVEL_COVERAGE)
  target_link_options(ptravel_settings INTERFACE --coverage)
endif()
if(PTRAVEL_WERROR)
  target_compile_options(ptravel_settings INTERFACE -Werror)
endif()

# ptravel_precompiled(name HEADERS ... [LIBRARIES ...] [OPTIONS ...])
# makes an object library whose only purpose is to carry a precompiled header; once, whoever asks.
function(ptravel_precompiled name)
  cmake_parse_arguments(PRECOMPILED "" "" "HEADERS;LIBRARIES;OPTIONS" ${ARGN})
  if(TARGET ${name})
    return()
  endif()
  set(source ${CMAKE_BINARY_DIR}/${name}.cpp)
  if(NOT EXISTS ${source})
    file(WRITE ${source} "// Carries a precompiled header.\n")
  endif()
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PUBLIC ptravel_settings ${PRECOMPILED_LIBRARIES})
  target_compile_options(${name} PRIVATE ${PRECOMPILED_OPTIONS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_precompile_headers(${name} PRIVATE ${PRECOMPILED_HEADERS})
endfunction()

# Takes the header of one of them.
function(ptravel_use_precompiled target name)
  # It is made with -fPIC; a program would be compiled with -fPIE, which differs.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  else()
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${name})
endfunction()

# ptravel_room(name SOURCES ... [DEPENDS rooms...] [PRIVATE outside libraries...] [ATEN] [LIGHT])
# makes the static library ptravel_<name>. ATEN: the room uses tensors (links LibTorch, shares one
# precompiled ATen header). LIGHT: nothing in it takes long, so it is optimised with less effort, and
# shares a precompiled header of JSON.
function(ptravel_room name)
  cmake_parse_arguments(ROOM "ATEN;LIGHT" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
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
  if(ROOM_LIGHT)
    target_compile_options(ptravel_${name} PRIVATE ${PTRAVEL_LIGHT_OPTIONS})
    ptravel_has_torch(ptravel_${name} torch)
    if(torch)  # Its flags are others.
      ptravel_precompiled(ptravel_light_aten_pch HEADERS ${PTRAVEL_LIGHT_HEADERS}
                          LIBRARIES ptravel_torch nlohmann_json::nlohmann_json OPTIONS ${PTRAVEL_LIGHT_OPTIONS})
      ptravel_use_precompiled(ptravel_${name} ptravel_light_aten_pch)
    else()
      ptravel_precompiled(ptravel_light_pch HEADERS ${PTRAVEL_LIGHT_HEADERS}
                          LIBRARIES nlohmann_json::nlohmann_json OPTIONS ${PTRAVEL_LIGHT_OPTIONS})
      ptravel_use_precompiled(ptravel_${name} ptravel_light_pch)
    endif()
  endif()
endfunction()

set(PTRAVEL_LIGHT_OPTIONS $<$<CONFIG:Release>:-O1>)
set(PTRAVEL_LIGHT_HEADERS <algorithm> <filesystem> <map> <string> <vector> <nlohmann/json.hpp>)

# Links LibTorch (as system headers) and reuses the one precompiled header, or with a second argument
# TEST that of tests.
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
  endif()
  target_link_libraries(${target} PUBLIC ptravel_torch)
  if("${ARGN}" STREQUAL "TEST")
    ptravel_precompiled(ptravel_aten_test_pch HEADERS <ATen/ATen.h> ${PTRAVEL_TEST_HEADERS}
                        LIBRARIES ptravel_torch GTest::gmock OPTIONS ${PTRAVEL_TEST_OPTIONS})
    ptravel_use_precompiled(${target} ptravel_aten_test_pch)
  else()
    ptravel_precompiled(ptravel_aten_pch HEADERS <ATen/ATen.h> LIBRARIES ptravel_torch)
    ptravel_use_precompiled(${target} ptravel_aten_pch)
  endif()
endfunction()

# Tests are compiled more often than they compute much; with the sanitizers optimising takes half of the time.
if(PTRAVEL_SANITIZE)
  set(PTRAVEL_TEST_OPTIONS -O0)
else()
  set(PTRAVEL_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)
endif()
set(PTRAVEL_TEST_HEADERS <gmock/gmock.h> <gtest/gtest.h>)

# Whether what links `target` gets LibTorch's flags.
function(ptravel_has_torch target result)
  get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
  set(found FALSE)
  foreach(library IN LISTS libraries)
    if(library STREQUAL "ptravel_torch")
      set(found TRUE)
    elseif(NOT found AND library MATCHES "^ptravel_" AND TARGET ${library})
      ptravel_has_torch(${library} found)
    endif()
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# ptravel_test_program(target [ATEN]): what all programs with tests have. Its sources are compiled four at a time, since
# much of the work is the same headers and templates: names of their unnamed namespaces must differ.
function(ptravel_test_program target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE PTRAVEL_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
  target_compile_options(${target} PRIVATE ${PTRAVEL_TEST_OPTIONS})
  target_link_libraries(${target} PRIVATE GTest::gmock GTest::gtest GTest::gtest_main)
  if("${ARGN}" STREQUAL "ATEN")
    target_link_libraries(${target} PRIVATE ptravel_test_support)
    ptravel_use_aten(${target} TEST)
    return()
  endif()
  target_link_libraries(${target} PRIVATE ptravel_settings)
  get_target_property(libraries ${target} LINK_LIBRARIES)
  foreach(library IN LISTS libraries)
    if(library MATCHES "^ptravel_" AND TARGET ${library})
      ptravel_has_torch(${library} torch)
      if(torch)
        ptravel_use_aten(${target} TEST)
        return()
      endif()
    endif()
  endforeach()
  ptravel_precompiled(ptravel_test_pch HEADERS ${PTRAVEL_TEST_HEADERS} <nlohmann/json.hpp>
                      LIBRARIES GTest::gmock OPTIONS ${PTRAVEL_TEST_OPTIONS})
  ptravel_use_precompiled(${target} ptravel_test_pch)
endfunction()

# ptravel_test(room SOURCES ... [DEPENDS rooms...] [PRIVATE libraries...] [ATEN] [ALL_PROCESSORS] [SECONDS n])
# makes the GoogleTest program test_<room>; it gets the label "unit".
# Tests may include the private headers of the rooms they exercise and tests/support/.
function(ptravel_test room)
  cmake_parse_arguments(TEST "ATEN;ALL_PROCESSORS" "SECONDS" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_executable(test_${room} ${TEST_SOURCES})
  foreach(dependency IN LISTS TEST_DEPENDS)
    target_link_libraries(test_${room} PRIVATE ptravel_${dependency})
  endforeach()
  target_link_libraries(test_${room} PRIVATE ${TEST_PRIVATE})
  if(TEST_ATEN)
    ptravel_test_program(test_${room} ATEN)
  else()
    ptravel_test_program(test_${room})
  endif()
  set(options SECONDS "${TEST_SECONDS}")
  if(TEST_ALL_PROCESSORS)
    list(APPEND options ALL_PROCESSORS)
  endif()
  ptravel_add_test(test_${room} unit ${options})
endfunction()

# Registers a whole GoogleTest program as one test: a process that loads LibTorch takes half a second.
# Threads that wait by spinning would slow down tests that run side by side. Each test has one processor to
# itself, as tiny pictures are drawn in less time by one thread than by two; ALL_PROCESSORS: it has them all.
# SECONDS: about what a long one takes; CTest begins with the longest.
function(ptravel_add_test program label)
  cmake_parse_arguments(TEST "ALL_PROCESSORS" "SECONDS" "" ${ARGN})
  add_test(NAME ${label}.${program} COMMAND ${program} --gtest_brief=1)
  set_tests_properties(${label}.${program} PROPERTIES LABELS ${label} TIMEOUT 900
                       ENVIRONMENT "OMP_WAIT_POLICY=passive")
  if(NOT TEST_ALL_PROCESSORS)
    set_tests_properties(${label}.${program} PROPERTIES PROCESSOR_AFFINITY ON)
  endif()
  if(TEST_SECONDS)
    set_tests_properties(${label}.${program} PROPERTIES COST ${TEST_SECONDS})
  endif()
endfunction()
