# NATS' C client, for the engine of a few machines without a shared disk (src/farm): Debian's libnats-dev.
find_path(NATS_INCLUDE_DIR nats/nats.h)
find_library(NATS_LIBRARY nats)
if(NOT NATS_INCLUDE_DIR OR NOT NATS_LIBRARY)
  message(FATAL_ERROR "NATS' C client was not found: install libnats-dev (scripts/install_packages build)")
endif()
add_library(ptravel_nats INTERFACE)
target_include_directories(ptravel_nats SYSTEM INTERFACE ${NATS_INCLUDE_DIR})
target_link_libraries(ptravel_nats INTERFACE ${NATS_LIBRARY})
