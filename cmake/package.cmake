# The Debian package: cmake --build --preset release --target package (docs/installing.md).

# What is written from the program itself: manual page and completions, made when it is installed.
set(words ${CMAKE_BINARY_DIR}/words)
install(CODE "
  set(program \"${CMAKE_BINARY_DIR}/bin/prompt-travel\")
  file(MAKE_DIRECTORY \"${words}\")
  execute_process(COMMAND \${program} manual OUTPUT_FILE \"${words}/prompt-travel.1\" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND gzip -9nf \"${words}/prompt-travel.1\" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND gzip -9nc \"${CMAKE_SOURCE_DIR}/CHANGELOG.md\" OUTPUT_FILE \"${words}/changelog.gz\" COMMAND_ERROR_IS_FATAL ANY)
  foreach(shell bash zsh fish)
    execute_process(COMMAND \${program} completion \${shell} OUTPUT_FILE \"${words}/completion.\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
")
install(FILES ${words}/prompt-travel.1.gz DESTINATION share/man/man1)
install(FILES ${words}/completion.bash DESTINATION share/bash-completion/completions RENAME prompt-travel)
install(FILES ${words}/completion.zsh DESTINATION share/zsh/vendor-completions RENAME _prompt-travel)
install(FILES ${words}/completion.fish DESTINATION share/fish/vendor_completions.d RENAME prompt-travel.fish)
install(FILES ${words}/changelog.gz DESTINATION share/doc/prompt-travel)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/doc/prompt-travel RENAME copyright)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/debian/prompt-travel.service ${CMAKE_SOURCE_DIR}/deploy/debian/prompt-travel-worker.service
        DESTINATION lib/systemd/user)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME prompt-travel)
set(CPACK_PACKAGE_VENDOR "The Prompt Travel authors")
set(CPACK_PACKAGE_CONTACT "The Prompt Travel authors <prompt-travel@noreply.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "animations that travel between text prompts in Stable Diffusion")
set(CPACK_PACKAGE_DESCRIPTION "Every line of a prompt is a stage; the program walks from one stage to the next in the
model's own spaces, draws a picture for each step with all else frozen and makes a video. With a page, an HTTP API,
a command line and a small model.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
# Libraries are found by dpkg-shlibdeps. LibTorch is many times slower with the reference BLAS.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopenblas0-pthread")
include(CPack)
