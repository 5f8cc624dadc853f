# The web UI's API.
ptravel_test(sdapi
  SOURCES sdapi_fields_test.cpp sdapi_habits_test.cpp sdapi_parts_test.cpp sdapi_pictures_test.cpp sdapi_routes_test.cpp
          sdapi_script_test.cpp sdapi_travel_test.cpp
  DEPENDS server)
target_compile_definitions(test_sdapi PRIVATE PTRAVEL_TEST_VERSION="${PROJECT_VERSION}")
