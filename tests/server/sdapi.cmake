# The web UI's API.
ptravel_test(sdapi SOURCES sdapi_fields_test.cpp sdapi_parts_test.cpp sdapi_script_test.cpp DEPENDS server)
