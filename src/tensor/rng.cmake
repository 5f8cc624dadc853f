# The random generators. Their arithmetic must round alike on every machine, so that fused
# multiply-add is switched off for it.
set(PTRAVEL_RNG_SOURCES box_muller.cpp philox.cpp rng.cpp seed_sequence.cpp)
set_source_files_properties(box_muller.cpp PROPERTIES COMPILE_OPTIONS "-ffp-contract=off"
                            SKIP_PRECOMPILE_HEADERS ON)
