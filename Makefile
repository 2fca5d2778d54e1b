# datahall. The two commands: `make run` (main example) and `make test`. See README.md.
# CFLAGS, LDFLAGS, PREFIX and DESTDIR are yours; CORE is ours. SAN=address,undefined builds beside.
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
B      ?= build$(if $(SAN),/$(subst $(comma),-,$(SAN)))
comma  := ,
PKGS   := gsl libxml-2.0 hdf5 jansson libdeflate zlib
CORE   := -std=c17 -D_GNU_SOURCE -ffp-contract=off -fPIC -fvisibility=default -I. -Isim/include \
          -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wno-missing-field-initializers \
          $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
INC     = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS)))
LIBS    = $(shell pkg-config --libs $(PKGS)) -lhdf5_hl -lpthread -lm -ldl
LIB_C  := $(wildcard $(addsuffix /*.c,sim sim/api models models/gpu scenarios output viz))
APP_C  := $(wildcard sim/app/*.c)
TEST_C := $(wildcard tests/*.c tests/unit/*.c) tests/tools/fake_run.c
TOOLS   = $(patsubst tests/tools/%.c,$(B)/tools/%,$(filter-out tests/tools/fake_run.c,$(wildcard tests/tools/*.c)))
objs    = $(patsubst %.c,$(B)/obj/%.o,$(1))

all: $(B)/datahall

$(B)/datahall: $(call objs,$(APP_C)) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) $(if $(wildcard sim/api/sim.c),,-Wl$(comma)--unresolved-symbols=ignore-all) -o $@ $^ $(LIBS)
$(B)/libdatahall.a: $(call objs,$(LIB_C)) $(B)/obj/embedded.o
	@rm -f $@
	ar rcs $@ $^
$(B)/tests: $(call objs,$(TEST_C)) $(B)/libdatahall.a
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
$(B)/tools/%: $(B)/obj/tests/tools/%.o $(B)/obj/tests/tools/fake_run.o $(B)/libdatahall.a
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
EMBED  := $(sort $(wildcard scenarios/catalog/*.xml scenarios/templates/*.xml))
$(B)/embedded.c: scenarios/embed.sh $(EMBED)
	@mkdir -p $(@D)
	sh scenarios/embed.sh $(EMBED) >$@.part && mv $@.part $@
$(B)/obj/embedded.o: $(B)/embedded.c
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/obj/tests/unit/%.o: CPPFLAGS += -include tests/tests.h
$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CORE) $(CPPFLAGS) $(CFLAGS) $(INC) -MMD -MP -c -o $@ $<

test: $(B)/datahall $(B)/tests $(TOOLS)
	tests/run $(B) $(T)

clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
.PHONY: all test clean
