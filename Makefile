# SPDX-License-Identifier: Apache-2.0
# Every entry point of the project; plain `make` prints this list.

BACKEND ?= rtl
MODEL   ?=
CONFIG  ?= sim
SEED    ?= 7
TEMP    ?= 0.5
PROMPT  ?= Once upon a time
TOKENS  ?=
TRACE   ?=
TIMELINE ?=

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG  ?= clang
PYTHON := build/venv/bin/python
MODEL_FILE := models/quintrit-stories-5m.gguf

CPPFLAGS := -Irtl/spec -Idriver/include -Idriver/src -Idriver/backends -Idriver/serve -Ifirmware/core -Isim/dram -Isim/verilator \
	$(addprefix -Icmodel/,array common ctrl mem reference vector)
WARN   := -Wall -Wextra -Werror
FLOAT  := -ffp-contract=off
CFLAGS := -std=c11 -O2 -g $(WARN) $(FLOAT)
LDLIBS := -lpcre2-8 -lm -ldl -pthread
SERVE_LIBS := -lmicrohttpd -ljansson

CMODEL := rtl/spec/contract.c $(wildcard cmodel/*/*.c) $(wildcard firmware/core/*.c)
DRIVER := $(wildcard driver/src/*.c) $(wildcard driver/backends/*.c)
SERVE  := $(wildcard driver/serve/*.c)
CLI    := $(wildcard driver/cli/*.c) $(SERVE)
LIB    := $(patsubst %.c,build/obj/%.o,$(CMODEL) $(DRIVER)) build/obj/driver/src/embedded.o
TESTS  := $(wildcard tests/unit/test_*.c tests/driver/test_*.c tests/e2e/test_*.c)
RTL    := $(wildcard rtl/*/*.sv rtl/*.vlt sim/verilator/* sim/dram/*)
TEST_BINS := $(patsubst tests/%.c,build/tests/%,$(TESTS))
SAN_BINS  := $(patsubst tests/%.c,build/san/%,$(TESTS))

.PHONY: help demo rtl bench bench-layer bench-cmodel bench-peers synth test test-all lint regs clean tests-c tests-san
.DELETE_ON_ERROR:
.SECONDARY:

help: ## Print this list
	@echo 'Quintrit: make TARGET [BACKEND=rtl|cmodel MODEL=FILE CONFIG=sim SEED=n TEMP=t TOKENS=n PROMPT=text TRACE=FILE.fst TIMELINE=FILE.json]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-10s %s\n", $$1, $$2}'

demo: build/setup-demo build/quintrit $(if $(filter rtl,$(BACKEND)),rtl) ## Let the demo model tell a story on the simulated hardware
	build/quintrit run --backend $(BACKEND) --config $(CONFIG) $(if $(MODEL),-m $(MODEL)) -s $(SEED) --temp $(TEMP) $(if $(TOKENS),-n $(TOKENS)) \
		$(if $(TRACE),--trace $(TRACE)) $(if $(TIMELINE),--timeline $(TIMELINE)) -p '$(PROMPT)'

rtl: build/rtl/$(CONFIG)$(if $(TRACE),-trace)/libquin_sim.so ## Build the simulation of the hardware, for CONFIG

bench: build/bench-rtl build/rtl/sim/libquin_sim.so ## Cycles of one matrix product on the simulated hardware
	build/bench-rtl matmul sim

bench-cmodel: build/bench-rtl ## Tokens a second of the golden model, shape of 2B-4T
	build/bench-rtl cmodel card

bench-peers: build/setup-peers build/bench-rtl build/quintrit ## Speed and perplexity beside llama.cpp; TEXT=FILE of held-out stories (compiles llama.cpp once)
	build/venv-peers/bin/python bench/peers.py $(if $(TEXT),--text $(TEXT))

bench-layer: build/bench-rtl build/rtl/sim/libquin_sim.so ## Cycles of a decoder layer of 2B-4T: decode and prefill
	build/bench-rtl layer sim
	build/bench-rtl prefill sim

synth: build/setup-rtl build/gen build/firmware/firmware.hex ## Synthesis, place and route of configuration ulx3s for the LFE5U-85F
	@tools/synth --config ulx3s --freq 85 --density 0.8 --param Counters=0

test: build/setup-test build/setup-rtl ## All tests that CI runs, in some minutes; ends with a count
	@tools/run-tests

test-all: build/setup-test build/setup-rtl ## The same with exhaustive sweeps and longer fuzzing
	@tools/run-tests --all

lint: build/setup-test build/setup-rtl ## Warnings of gcc, clang and the SystemVerilog readers
	@tools/lint

regs: build/gen ## Write the SystemVerilog package and the tables in docs/ from rtl/spec
	build/gen .

clean: ## Delete what was built (build/)
	rm -rf build

build/setup-%: tools/setup tools/packages-% tests/requirements.txt
	@tools/setup $*
	@mkdir -p build && touch $@

# llama.cpp for this processor; its pictures and sound are not needed.
build/setup-peers: bench/requirements.txt
	@echo 'quintrit: compiling llama.cpp into build/venv-peers, some minutes'
	@python3 -m venv build/venv-peers
	@CMAKE_ARGS='-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF' build/venv-peers/bin/pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

build/quintrit: $(patsubst %.c,build/obj/%.o,$(CLI)) build/libquintrit.a
	@echo '  link $@'; $(CC) $(CFLAGS) -o $@ $^ $(SERVE_LIBS) $(LDLIBS)

build/libquintrit.a: $(LIB)
	@rm -f $@
	@echo '  ar $@'; ar rcs $@ $^

# The golden model's inner loops are plain loops that the compiler turns into vector code.
build/obj/cmodel/%.o: CFLAGS += -O3

build/obj/%.o: %.c | build/setup-demo
	@mkdir -p $(@D)
	@echo '  cc $<'; $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

build/obj/driver/src/embedded.o: driver/src/embedded.S $(MODEL_FILE)
	@mkdir -p $(@D)
	@$(CC) -DQUIN_EMBEDDED_MODEL='"$(MODEL_FILE)"' -c -o $@ $<

build/gen: $(wildcard rtl/spec/gen*.c) $(wildcard rtl/spec/*.def rtl/spec/*.h)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $(wildcard rtl/spec/gen*.c)

build/bench-rtl: $(wildcard bench/*.c bench/*.h) build/libquintrit.a
	@echo '  cc $@'; $(CC) $(CPPFLAGS) -Ibench $(CFLAGS) -o $@ $(wildcard bench/*.c) build/libquintrit.a $(LDLIBS)

# One that can write waveforms; the shorter stem makes this the rule that counts.
build/rtl/%-trace/libquin_sim.so: $(RTL) tools/build-rtl rtl/spec/configs.def build/firmware/firmware.hex | build/setup-trace
	@tools/build-rtl --trace $*

build/rtl/%/libquin_sim.so: $(RTL) tools/build-rtl rtl/spec/configs.def build/firmware/firmware.hex | build/setup-rtl
	@tools/build-rtl $*

tests-c: $(TEST_BINS) build/quintrit build/gen build/bench-rtl
tests-san: $(SAN_BINS) $(patsubst tests/fuzz/%.c,build/san/%,$(wildcard tests/fuzz/*.c)) build/san/quintrit

build/tests/%: tests/%.c build/libquintrit.a
	@mkdir -p $(@D)
	@echo '  cc $<'; $(CC) $(CPPFLAGS) -I$(dir $<) -Itests/driver $(CFLAGS) -o $@ $< build/libquintrit.a -lcmocka $(LDLIBS)

# The same tests with the address and undefined-behaviour sanitizers.
SANFLAGS := -std=c11 -O1 -g $(WARN) $(FLOAT) -fsanitize=address,undefined -fno-sanitize-recover=all

build/san/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  clang $@'; $(CLANG) $(CPPFLAGS) $(SANFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

build/san/libquintrit.a: $(patsubst build/obj/%,build/san/obj/%,$(filter-out %/embedded.o,$(LIB))) \
		build/obj/driver/src/embedded.o
	@rm -f $@
	@echo '  ar $@'; ar rcs $@ $^

build/san/quintrit: $(CLI) build/san/libquintrit.a
	@echo '  clang $@'; $(CLANG) $(CPPFLAGS) $(SANFLAGS) -o $@ $(CLI) build/san/libquintrit.a $(SERVE_LIBS) $(LDLIBS)

build/san/fuzz_%: tests/fuzz/fuzz_%.c build/san/libquintrit.a
	@echo '  clang $@'; $(CLANG) $(CPPFLAGS) $(SANFLAGS) -fsanitize=fuzzer -o $@ $< build/san/libquintrit.a $(LDLIBS)

build/san/fuzz_http: tests/fuzz/fuzz_http.c $(SERVE:%.c=build/san/obj/%.o) build/san/libquintrit.a
	@echo '  clang $@'; $(CLANG) $(CPPFLAGS) $(SANFLAGS) -fsanitize=fuzzer -o $@ $^ $(SERVE_LIBS) $(LDLIBS)

build/san/%: tests/%.c build/san/libquintrit.a
	@mkdir -p $(@D)
	@echo '  clang $@'; $(CLANG) $(CPPFLAGS) -I$(dir $<) -Itests/driver $(SANFLAGS) -o $@ $< build/san/libquintrit.a -lcmocka $(LDLIBS)

include firmware/rv32/firmware.mk

-include $(shell find build/obj build/san/obj -name '*.d' 2>/dev/null)
