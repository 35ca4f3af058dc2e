# make demo    build, make the demo project in ./demo, open the window (without a display: write screenshots)
# make test    every test
# Both install missing system packages with apt where they can (.ci/packages) and need no network once those and the crates are there.

.PHONY: demo test

# Mesa's driver complains on stderr where there is no such folder, as in a container.
XDG_RUNTIME_DIR ?= $(shell mktemp -d)
export XDG_RUNTIME_DIR

demo:
	@.ci/packages || true
	cargo run --release --locked -- demo --dir demo

# With an adapter, tests that draw must draw; without one they say that they were skipped.
test:
	@if .ci/packages; then \
		echo "a GPU adapter is expected: VOXAUDIT_REQUIRE_GPU=1"; VOXAUDIT_REQUIRE_GPU=1; export VOXAUDIT_REQUIRE_GPU; \
	else \
		echo "no GPU adapter: tests that draw are skipped"; \
	fi; \
	VOXAUDIT_CONFIG_DIR=$$(mktemp -d) && export VOXAUDIT_CONFIG_DIR && cargo test --locked
