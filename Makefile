# datahall. The two commands: `make run` (main example) and `make test`. See README.md. Both install what is
# missing on Debian 12 first (`make deps` does only that). Others: all, validate, bench, install, uninstall, clean.
# CFLAGS, LDFLAGS, PREFIX and DESTDIR are yours; CORE is ours. SAN=address,undefined builds beside.
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
B      ?= build$(if $(SAN),/$(subst $(comma),-,$(SAN)))
comma  := ,
PKGS   := gsl libxml-2.0 hdf5 jansson libdeflate zlib
VIEW   := sdl2 SDL2_ttf SDL2_image
CORE   := -std=c17 -D_GNU_SOURCE -ffp-contract=off -fPIC -fno-semantic-interposition -fvisibility=default -I. -Isim/include \
          -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wno-missing-field-initializers \
          $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
INC     = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS) $(VIEW)))
LIBS    = $(shell pkg-config --libs $(PKGS)) -lhdf5_hl -lpthread -lm -ldl
LIB_C  := $(filter-out models/gpu/probe_main.c,$(wildcard $(addsuffix /*.c,sim sim/api models models/gpu scenarios output viz)))
# datahall-probe runs where there is a GPU and little else: libc, libm and libdl only.
PROBE_C = $(filter-out models/gpu/fit%.c,$(wildcard models/gpu/*.c)) models/kernel.c $(addprefix sim/,arena.c hash.c math.c rng.c text.c calendar.c)
# The window is the program's alone: who embeds the library needs no SDL.
APP_C  := $(wildcard sim/app/*.c viz/sdl/*.c)
TEST_C := $(wildcard tests/*.c tests/unit/*.c) tests/tools/fake_run.c
TOOLS   = $(patsubst tests/tools/%.c,$(B)/tools/%,$(filter-out tests/tools/fake_run.c,$(wildcard tests/tools/*.c)))
KERNELS = $(B)/obj/kernels_cl.o $(B)/obj/kernels_cu.o
# NVCC= builds without it; the machine code does not depend on B, so builds share it.
ifeq ($(origin NVCC),undefined)
NVCC   := $(firstword $(shell command -v nvcc) $(wildcard /usr/local/cuda/bin/nvcc))
endif
FATBIN  = build/kernels$(if $(NVCC),,-none).fatbin
EMBEDDED = $(B)/obj/embedded.o $(KERNELS)
objs    = $(patsubst %.c,$(B)/obj/%.o,$(1))

VERSION := $(shell sed -n 's/^.define DH_VERSION "\(.*\)"/\1/p' sim/include/datahall/datahall.h)
SO      := libdatahall.so.$(firstword $(subst ., ,$(VERSION)))
MADE     = $(addprefix $(B)/,libdatahall.a $(SO) datahall.1 datahall-scenario.5 datahall.bash datahall.pc)

all: $(B)/datahall $(B)/datahall-probe $(MADE)

$(B)/datahall: $(call objs,$(APP_C)) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs $(VIEW))
$(B)/datahall-probe: $(call objs,$(PROBE_C)) $(KERNELS)
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread -lm -ldl
$(B)/libdatahall.a: $(call objs,$(LIB_C)) $(EMBEDDED)
	@rm -f $@
	ar rcs $@ $^
$(B)/tests: $(call objs,$(TEST_C)) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
$(B)/tools/pictures $(B)/tools/monkey: $(B)/tools/%: $(B)/obj/tests/tools/%.o $(call objs,$(wildcard viz/sdl/*.c)) $(B)/libdatahall.a
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs $(VIEW))
$(B)/tools/%: $(B)/obj/tests/tools/%.o $(B)/obj/tests/tools/fake_run.o $(B)/libdatahall.a
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
EMBED  := $(sort $(wildcard scenarios/catalog/*.xml scenarios/templates/*.xml))
$(B)/embedded.c: scenarios/embed.sh $(EMBED)
	@mkdir -p $(@D)
	sh scenarios/embed.sh $(EMBED) >$@.part && mv $@.part $@
# Sources of GPU kernels, which drivers compile at run time; datahall-probe has them too.
$(B)/kernels_cl.c: models/gpu/embed.sh models/gpu/kernels.cl
	@mkdir -p $(@D)
	sh $^ dh_opencl_kernels >$@.part && mv $@.part $@
$(FATBIN): models/gpu/kernels.cu models/gpu/embed_cuda.sh
	@mkdir -p $(@D)
	@sh models/gpu/embed_cuda.sh --build $< $@ "$(NVCC)"
$(B)/kernels_cu.c: models/gpu/kernels.cu $(FATBIN) models/gpu/embed_cuda.sh
	@mkdir -p $(@D)
	sh models/gpu/embed_cuda.sh models/gpu/kernels.cu $(FATBIN) >$@.part && mv $@.part $@
$(EMBEDDED): $(B)/obj/%.o: $(B)/%.c | $(B)/.deps
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/$(SO): $(call objs,$(LIB_C)) $(EMBEDDED)
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SO) -o $@ $^ $(LIBS)
$(B)/datahall.1: $(B)/datahall
	$< help --man >$@.part && mv $@.part $@
$(B)/datahall-scenario.5: $(B)/datahall
	$< help --man-scenario >$@.part && mv $@.part $@
$(B)/datahall.bash: $(B)/datahall
	$< help --bash >$@.part && mv $@.part $@
$(B)/datahall.pc: Makefile sim/include/datahall/datahall.h | $(B)/.deps
	printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/lib' '' 'Name: datahall' \
	  'Description: simulate and plan AI data centers' 'Version: $(VERSION)' 'Cflags: -I$${includedir}' \
	  'Libs: -L$${libdir} -ldatahall' 'Libs.private: $(LIBS)' >$@
# What the build needs; a rule without a recipe to repeat once it has passed.
$(B)/.deps: .ci/deps
	@mkdir -p $(@D)
	@.ci/deps build && touch $@
$(B)/.deps-test: .ci/deps
	@mkdir -p $(@D)
	@.ci/deps test && touch $@
$(B)/obj/tests/unit/%.o: CPPFLAGS += -include tests/tests.h
$(call objs,$(TEST_C)): | $(B)/.deps-test
$(B)/obj/%.o: %.c Makefile | $(B)/.deps
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CPPFLAGS) $(CFLAGS) $(INC) -MMD -MP -c -o $@ $<

$(B)/queue_oracles: $(call objs,tests/validation/queue_oracles.c tests/stat.c $(wildcard sim/*.c))
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/schedule_oracles: $(call objs,tests/validation/schedule_oracles.c tests/unit/schedule_world.c tests/stat.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_rack_heat: $(call objs,tests/bench/rack_heat.c tests/unit/cooling_plant.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_plant: $(call objs,tests/bench/plant.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_collective: $(call objs,tests/bench/collective.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_training: $(call objs,tests/bench/training.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_serving: $(call objs,tests/bench/serving.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_view: $(call objs,tests/bench/view.c $(wildcard viz/sdl/*.c)) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs $(VIEW))
$(B)/bench_flow: $(call objs,tests/bench/flow.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench_fabric: $(call objs,tests/bench/fabric.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench: $(call objs,tests/bench/bench.c $(wildcard sim/*.c))
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

run: $(B)/datahall
	@$(B)/datahall run scenarios/examples/ashburn-24mw.xml

deps:
	@.ci/deps test

test: $(B)/.deps-test $(B)/datahall $(B)/datahall-probe $(B)/tests $(TOOLS) $(B)/queue_oracles
	tests/run $(B) $(T)

validate: $(B)/.deps-test $(B)/fit_gpu_power $(B)/fit_training $(B)/datahall $(B)/tests $(TOOLS) $(B)/queue_oracles $(B)/schedule_oracles
	tests/run-validate $(B) $(T)

bench: $(B)/bench $(B)/bench_collective $(B)/bench_rack_heat $(B)/bench_plant $(B)/bench_serving
bench: all $(B)/bench_view $(B)/bench $(B)/bench_collective $(B)/bench_training $(B)/bench_rack_heat $(B)/bench_plant $(B)/bench_flow $(B)/bench_fabric
	$(B)/bench_collective
	$(B)/bench_rack_heat
	$(B)/bench_training
	$(B)/bench_plant scenarios/examples/ashburn-24mw.xml
	$(B)/bench_plant scenarios/examples/ashburn-24mw.xml 6
	$(B)/bench_serving $${DATAHALL_SHARED:-../shared}/data/traces/llm/azure_llm_2023_code.csv.gz
	/usr/bin/python3 tests/bench/flow.py $(B)
	$(B)/bench_fabric
	tests/bench/view.sh $(B)
	$(B)/datahall run tests/bench/shared-fabric.xml --json -q --no-output | /usr/bin/python3 tests/bench/shared_fabric.py
	/usr/bin/python3 tests/bench/run.py $(B)

# PREFIX is where things will live, DESTDIR where they are put for packaging.
TO      = $(DESTDIR)$(PREFIX)
SHIPPED = $(wildcard scenarios/catalog/*.xml scenarios/examples/*.xml scenarios/examples/*.ipynb scenarios/studies/*.xml scenarios/validation/*.xml)
install: all
	install -d $(TO)/bin $(TO)/lib/pkgconfig $(TO)/include/datahall $(TO)/share/man/man1 $(TO)/share/man/man5 \
	  $(TO)/share/bash-completion/completions $(addprefix $(TO)/share/datahall/,catalog examples studies validation)
	install -m 755 $(B)/datahall $(TO)/bin/datahall
	install -m 755 $(B)/datahall-probe $(TO)/bin/datahall-probe
	install -m 644 $(B)/libdatahall.a $(TO)/lib/
	install -m 755 $(B)/$(SO) $(TO)/lib/$(SO)
	ln -sf $(SO) $(TO)/lib/libdatahall.so
	install -m 644 $(wildcard sim/include/datahall/*) $(TO)/include/datahall/
	sed 's|^prefix=.*|prefix=$(PREFIX)|' $(B)/datahall.pc >$(TO)/lib/pkgconfig/datahall.pc
	install -m 644 $(B)/datahall.1 $(TO)/share/man/man1/
	install -m 644 $(B)/datahall-scenario.5 $(TO)/share/man/man5/
	install -m 644 $(B)/datahall.bash $(TO)/share/bash-completion/completions/datahall
	$(B)/datahall help --xsd >$(TO)/share/datahall/scenario.xsd
	for f in $(SHIPPED); do install -m 644 $$f $(TO)/share/datahall/$${f#scenarios/} || exit; done
uninstall:
	rm -rf $(TO)/bin/datahall $(TO)/bin/datahall-probe $(TO)/lib/libdatahall.* $(TO)/lib/pkgconfig/datahall.pc $(TO)/include/datahall \
	  $(TO)/share/datahall $(TO)/share/man/man1/datahall.1 $(TO)/share/man/man5/datahall-scenario.5 \
	  $(TO)/share/bash-completion/completions/datahall

# Pictures for the README, of shipped examples; look at them before they are kept.
gallery: $(B)/datahall
	viz/gallery.sh $(B)

xsd: $(B)/obj/tests/tools/schema.o $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $(B)/schema $^ $(LIBS)
	$(B)/schema >scenarios/scenario.xsd

# Figures of synthetic job streams from public logs; scenarios/catalog/workloads.md keeps what it prints.
fit-workload:
	/usr/bin/python3 models/fit/fit_workload.py

# Coefficients of GPU power from public rows; scenarios/catalog/gpus.xml keeps what it prints.
$(B)/fit_gpu_power: $(call objs,models/fit/fit_gpu_power.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
# Constants of kernels from public measurements; scenarios/catalog/gpus.xml keeps what it prints. Some minutes.
$(B)/fit_kernels: $(call objs,models/fit/fit_kernels.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
# Constants of training software from public measurements; scenarios/catalog/stacks.xml keeps what it prints. Minutes.
$(B)/fit_training: $(call objs,models/fit/fit_training.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
fit-training: $(B)/fit_training
	$< $${DATAHALL_SHARED:-../shared}/data
# Constants of board power by what runs; scenarios/catalog/gpus.xml and tasks.xml keep what it prints. Seconds.
$(B)/fit_power_phases: $(call objs,models/fit/fit_power_phases.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
fit-power-phases: $(B)/fit_power_phases
	$< $${DATAHALL_SHARED:-../shared}/data
# Constants of collectives likewise; scenarios/catalog/interconnects.xml keeps what it prints.
$(B)/fit_collectives: $(call objs,models/fit/fit_collectives.c models/fit/collective_shapes.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
fit-collectives: $(B)/fit_collectives
	$< $${DATAHALL_SHARED:-../shared}/data
fit-kernels: $(B)/fit_kernels
	$< $${DATAHALL_SHARED:-../shared}/data
# Constants of serving stacks from public measurements; scenarios/catalog/engines.xml keeps what it prints. Some minutes.
$(B)/fit_serving: $(call objs,models/fit/fit_serving.c) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
fit-serving: $(B)/fit_serving
	$< $${DATAHALL_SHARED:-../shared}/data
fit-gpu-power: $(B)/fit_gpu_power
	$< $${DATAHALL_SHARED:-../shared}/data

# Fuzzing: make fuzz [FUZZ_S=1800]. libFuzzer, needs clang; tests/fuzz/NAME.c, seeds in tests/fuzz/NAME/.
FUZZ_S ?= 20
FUZZ   := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz: $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
	for f in $^; do mkdir -p $$f.found && $$f -timeout=10 -rss_limit_mb=1024 -max_total_time=$(FUZZ_S) -print_final_stats=1 \
	    -artifact_prefix=$$f. $$f.found $$(ls -d tests/fuzz/$${f##*/}/ 2>/dev/null) || exit 1; done
$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(patsubst %.c,$(B)/fuzz/obj/%.o,$(LIB_C)) $(EMBEDDED)
	clang $(FUZZ) -fsanitize=fuzzer -o $@ $^ $(LIBS)
$(B)/fuzz/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	clang $(CORE) $(CPPFLAGS) $(FUZZ) $(INC) -MMD -MP -c -o $@ $<
.PRECIOUS: $(B)/fuzz/obj/%.o

clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
.PHONY: all xsd run fuzz fit-workload fit-gpu-power fit-kernels fit-collectives fit-power-phases fit-training fit-serving deps install uninstall test validate bench clean
