# Our own API and the page.
ptravel_test(server
  SOURCES json_body_test.cpp malformed_test.cpp openapi_test.cpp page_test.cpp path_safety_test.cpp unused_uploads_test.cpp
          v1_dry_run_test.cpp v1_files_test.cpp v1_jobs_test.cpp v1_pictures_test.cpp zip_stream_test.cpp
  DEPENDS server)
target_compile_definitions(test_server PRIVATE PTRAVEL_DEFAULT_MODEL="${CMAKE_SOURCE_DIR}/models/default")

# The real process.
add_executable(test_serve serve_process_test.cpp ${CMAKE_SOURCE_DIR}/tests/http/raw_client.cpp)
target_include_directories(test_serve PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(test_serve PRIVATE
  PTRAVEL_DEFAULT_MODEL="${CMAKE_SOURCE_DIR}/models/default" PTRAVEL_PROGRAM="$<TARGET_FILE:prompt-travel>")
target_link_libraries(test_serve PRIVATE ptravel_http ptravel_media GTest::gmock GTest::gtest GTest::gtest_main)
add_dependencies(test_serve prompt-travel)
ptravel_add_test(test_serve slow)
