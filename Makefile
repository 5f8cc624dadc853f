# One-word commands around the presets.
.PHONY: release dev test check format tidy bench fuzz
release:
	cmake --preset release && cmake --build --preset release
dev:
	cmake --preset dev && cmake --build --preset dev && ctest --preset dev -L unit
test:
	./test.sh
check:
	scripts/check_includes && scripts/check_format
format:
	scripts/check_format --fix
tidy: release
	scripts/check_tidy build/release
bench:
	cmake --preset bench && cmake --build --preset bench
fuzz:
	scripts/run_fuzzers
