# The page's built files inside the program, through the assembler's .incbin: as they are, and gzipped
# where that makes them smaller. Their list is made here, so that no second copy of them is kept.

# ptravel_embed_page(target folder) compiles every file below `folder` into `target` and gives it the
# table that server/page_assets.h reads.
function(ptravel_embed_page target folder)
  file(GLOB_RECURSE files RELATIVE "${folder}" CONFIGURE_DEPENDS "${folder}/*")
  if(NOT "index.html" IN_LIST files)
    message(FATAL_ERROR "${folder} holds no built page (index.html); build it with npm run build in web/.")
  endif()
  find_program(PTRAVEL_GZIP gzip REQUIRED)
  set(made "${CMAKE_CURRENT_BINARY_DIR}/page")
  set(assembly "    .section .rodata\n")
  set(declarations "")
  set(rows "")
  set(depends "")
  set(number 0)
  foreach(file IN LISTS files)
    set(source "${folder}/${file}")
    # The hashes below are of the contents now.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    file(SHA256 "${source}" hash)
    string(SUBSTRING "${hash}" 0 16 hash)
    set(parts "${source}")
    set(packed 0)
    if(file MATCHES "\\.(html|js|css|svg|json|map|txt|ico|webmanifest)$")
      set(packed 1)
      set(gzipped "${made}/${file}.gz")
      get_filename_component(gzipped_folder "${gzipped}" DIRECTORY)
      file(MAKE_DIRECTORY "${gzipped_folder}")
      add_custom_command(OUTPUT "${gzipped}"
                         COMMAND ${PTRAVEL_GZIP} -9nc "${source}" > "${gzipped}"
                         DEPENDS "${source}" VERBATIM)
      list(APPEND parts "${gzipped}")
    endif()
    set(names "")
    foreach(part IN LISTS parts)
      list(LENGTH names index)
      set(name "kPtravelPage${number}Part${index}")
      string(APPEND assembly "    .global ${name}\n    .global ${name}End\n    .hidden ${name}\n"
                             "    .hidden ${name}End\n    .balign 16\n${name}:\n"
                             "    .incbin \"${part}\"\n${name}End:\n    .byte 0\n")
      string(APPEND declarations "extern \"C\" __attribute__((visibility(\"hidden\"))) const char ${name}[];\n"
             "extern \"C\" __attribute__((visibility(\"hidden\"))) const char ${name}End[];\n")
      list(APPEND names "${name}")
      list(APPEND depends "${part}")
    endforeach()
    list(GET names 0 plain)
    if(packed)
      list(GET names 1 zipped)
      string(APPEND rows "    {\"/${file}\", \"${hash}\", ${plain}, ${plain}End, ${zipped}, ${zipped}End},\n")
    else()
      string(APPEND rows "    {\"/${file}\", \"${hash}\", ${plain}, ${plain}End, nullptr, nullptr},\n")
    endif()
    math(EXPR number "${number} + 1")
  endforeach()
  string(APPEND assembly "    .section .note.GNU-stack,\"\",%progbits\n")
  file(CONFIGURE OUTPUT "${made}/page_files.s" CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT "${made}/page_files.inc"
       CONTENT "${declarations}\nconstexpr PageFileRow kPageFiles[] = {\n${rows}};\n" @ONLY)
  set_source_files_properties("${made}/page_files.s" PROPERTIES LANGUAGE ASM OBJECT_DEPENDS "${depends}")
  target_sources(${target} PRIVATE "${made}/page_files.s")
  target_include_directories(${target} PRIVATE "${made}")
endfunction()
