# Earshot - one Makefile, no recursion.  `make help` lists what there is.
#
#   BUILD=debug|release|asan|tsan|cov   kind of build (default release); objects lie in $(O)/$(BUILD)/
#   CC=gcc|clang                        compiler
#   T=name                              `make test T=outbox` runs the tests whose path contains it
#   WERROR=1                            warnings are errors (CI)

BUILD ?= release
O ?= build
CC = gcc
T ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := build
# All cores, unless told otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif

VERSION := 0.1.0
DIR := $(O)/$(BUILD)

# Rooms in the order they use one another; scripts/layers.txt says which may include which.
ROOMS := core platform store nlp rules people actions collectors api daemon

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wswitch-enum -Wnull-dereference
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

# What is missing is installed, and the libraries' flags are written down, before anything is compiled: make reads itself anew once
# $(O)/flags.mk is there, so this takes no time later.
PACKAGES := libuv libcurl libmicrohttpd jansson sqlite3 libxml-2.0 yaml-0.1 libcrypto libutf8proc icu-i18n icu-uc
ifneq ($(filter-out help clean distclean,$(or $(MAKECMDGOALS),build)),)
-include $(O)/flags.mk
endif
$(O)/flags.mk: scripts/deps.sh
	@scripts/deps.sh build
	@mkdir -p $(O)
	@printf 'PKG_CFLAGS := %s\nPKG_LIBS := %s -lstemmer\n' "$$(pkg-config --cflags $(PACKAGES))" "$$(pkg-config --libs $(PACKAGES))" > $@.new && mv $@.new $@

CPPFLAGS += -I. -D_GNU_SOURCE -DEARSHOT_VERSION='"$(VERSION)"' -include core/banned.h $(PKG_CFLAGS)
BASE := -std=c17 -g -fno-omit-frame-pointer $(WARNINGS)
LDLIBS := $(PKG_LIBS) -lpthread -lm
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
KIND_release := -O2 $(HARDEN)
KIND_debug := -O0 -fPIE
KIND_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fPIE
KIND_tsan := -O1 -fsanitize=thread -fPIE
# What the fuzz targets are linked with; clang alone knows it.  A variable that nobody set holds a pattern.
KIND_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -ftrivial-auto-var-init=pattern -fPIE
KIND_cov := -O0 --coverage -fPIE
LINK_release := -pie -Wl,-z,relro,-z,now
LINK_debug := -pie
LINK_asan := -fsanitize=address,undefined -pie
LINK_fuzz := -fsanitize=address,undefined -pie
LINK_tsan := -fsanitize=thread -pie
LINK_cov := --coverage -pie
CFLAGS += $(BASE) $(KIND_$(BUILD))
LDFLAGS += $(LINK_$(BUILD))

# ---- objects and archives -------------------------------------------------

SRC := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c))
MAIN := daemon/main.c
LIB_SRC := $(filter-out $(MAIN),$(SRC))
obj = $(patsubst %.c,$(DIR)/%.o,$(1))

# One archive a room, so that a test links its own room and those below, nothing else.
ARCHIVES := $(foreach r,$(ROOMS),$(DIR)/lib$(r).a)
define room_archive
$(DIR)/lib$(1).a: $(call obj,$(filter $(1)/%,$(LIB_SRC)))
	@rm -f $$@; ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_archive,$(r))))

below_core := core
below_platform := platform core
below_store := store core
below_nlp := nlp core
below_rules := rules core
below_people := people store platform core
below_actions := actions store platform core
below_collectors := collectors platform core
below_api := api actions people rules nlp store platform core
below_daemon := daemon api collectors actions people rules nlp store platform core
below_sim := $(below_daemon)
below_fuzz := $(below_daemon)
below_bench := $(below_daemon)
below_support := core

# Data that the program carries inside itself: corpora/frequencies.tsv, corpora/languages.tsv, corpora/lexicons/*.tsv, store/migrations/*.sql, api/*.html ...
EMBED := corpora/frequencies.tsv corpora/languages.tsv $(wildcard corpora/lexicons/*.tsv) $(wildcard corpora/intents/*.tsv) $(wildcard store/migrations/*.sql) $(wildcard api/assets/*)
$(DIR)/%.embed.o: %
	@mkdir -p $(@D)
	@printf '.section .rodata\n.global %s\n.global %s_end\n.balign 16\n%s:\n.incbin "%s"\n%s_end:\n.byte 0\n.section .note.GNU-stack,"",@progbits\n' \
		$(call embed_name,$<) $(call embed_name,$<) $(call embed_name,$<) $< $(call embed_name,$<) | \
		$(CC) -c -x assembler - -o $@
# corpora/lexicons/en.tsv -> embed_corpora_lexicons_en_tsv
embed_name = embed_$(subst /,_,$(subst .,_,$(subst -,_,$(1))))
$(DIR)/libnlp.a: $(patsubst %,$(DIR)/%.embed.o,$(filter corpora/%,$(EMBED)))
$(DIR)/libstore.a: $(patsubst %,$(DIR)/%.embed.o,$(filter store/migrations/%,$(EMBED)))
$(DIR)/libapi.a: $(patsubst %,$(DIR)/%.embed.o,$(filter api/assets/%,$(EMBED)))

$(DIR)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MT $@ -c $< -o $@

build: $(O)/earshot ## build the program as build/earshot (the default)

# Which kind of build it was last is not a matter of time.
$(O)/earshot: $(DIR)/earshot always
	@cmp -s $< $@ || { cp -f $< $@.new && mv -f $@.new $@; }
always:

$(DIR)/earshot: $(call obj,$(MAIN)) $(foreach r,$(below_daemon),$(DIR)/lib$(r).a)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS) -o $@ $(call obj,$(MAIN)) -Wl,--start-group $(foreach r,$(below_daemon),$(DIR)/lib$(r).a) -Wl,--end-group $(LDLIBS)

# ---- tests ----------------------------------------------------------------

TEST_SRC := $(wildcard tests/*/test_*.c)
TEST_BIN := $(patsubst %.c,$(DIR)/%,$(TEST_SRC))
SUPPORT_OBJ := $(call obj,$(wildcard tests/support/*.c))

define test_room
$(DIR)/tests/$(1)/%: $(DIR)/tests/$(1)/%.o $(SUPPORT_OBJ) $(foreach r,$(below_$(1)),$(DIR)/lib$(r).a)
	@echo "  LINK  $$@"
	@$$(CC) $$(LDFLAGS) -o $$@ $$< $$(SUPPORT_OBJ) -Wl,--start-group $(foreach r,$(below_$(1)),$(DIR)/lib$(r).a) -Wl,--end-group -lcmocka $$(LDLIBS)
endef
$(foreach r,$(ROOMS) sim fuzz bench,$(eval $(call test_room,$(r))))
.SECONDARY:

# cmocka's assertions do not tell the compiler that they do not return.
$(DIR)/tests/%.o: CFLAGS += -Wno-null-dereference $(if $(findstring clang,$(CC)),,-Wno-format-overflow)

test-binaries: $(TEST_BIN) $(DIR)/earshot
# Compiled, not linked: for a compiler's warnings.
test-objects: $(call obj,$(TEST_SRC)) $(SUPPORT_OBJ) $(call obj,$(MAIN)) $(ARCHIVES)

$(O)/test-deps: scripts/deps.sh
	@scripts/deps.sh test
	@mkdir -p $(O) && touch $@

test: $(O)/test-deps ## run all tests; T=outbox picks some
	@$(MAKE) --no-print-directory test-binaries
	@python3 tests/run.py --dir $(DIR) --peers $(O)/peers $(if $(T),--only $(T))

test-crash: $(O)/test-deps ## the long crash, power-cut and disk-full tests (about 30 minutes)
	@$(MAKE) --no-print-directory test-binaries
	@EARSHOT_LONG=1 python3 tests/run.py --dir $(DIR) --peers $(O)/peers --only crash,power,disk_full,test_memory

# ---- fuzzing --------------------------------------------------------------

FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_TIME ?= 60
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(FUZZ_SRC))

# One make builds the rooms for all targets: one for each would write the same archives side by side.
$(O)/fuzz/built: $(LIB_SRC) $(EMBED) $(wildcard */*.h)
	@mkdir -p $(@D)
	@$(MAKE) --no-print-directory BUILD=fuzz CC=clang $(O)/fuzz/libs
	@touch $@
$(O)/fuzz/%: tests/fuzz/%.c $(O)/fuzz/built
	@echo "  FUZZ  $@"
	@clang $(CPPFLAGS) $(BASE) -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -ftrivial-auto-var-init=pattern -o $@ $< \
		-Wl,--start-group $(foreach r,$(below_daemon),$(O)/fuzz/lib$(r).a) -Wl,--end-group $(LDLIBS)
$(O)/fuzz/libs: $(ARCHIVES)

fuzz: $(O)/test-deps $(FUZZ_BIN) ## fuzz all parsers for FUZZ_TIME seconds in all, in parallel
	@scripts/fuzz.sh $(O)/fuzz $(FUZZ_TIME) $(notdir $(FUZZ_BIN))

# ---- running, measuring, checking -----------------------------------------

run: build ## start the daemon on its demo feed (Ctrl-C stops it)
	@exec $(O)/earshot run -c corpora/demo/earshot.yaml

BENCH_BIN := $(DIR)/tests/bench/score_speed
$(BENCH_BIN): %: %.o $(foreach r,$(below_bench),$(DIR)/lib$(r).a)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(foreach r,$(below_bench),$(DIR)/lib$(r).a) -Wl,--end-group $(LDLIBS)

TEXTS ?= $(O)/bench-texts.txt
$(O)/bench-texts.txt: tests/bench/texts.py tests/bench/words.txt corpora/demo/posts.ndjson
	@mkdir -p $(O)
	@python3 $< > $@.new && mv $@.new $@

bench: build $(BENCH_BIN) $(TEXTS) ## figures of this machine; TEXTS=FILE (one text a line) measures on those
	@$(O)/earshot bench --texts $(TEXTS)
	@$(O)/earshot bench --only swap
	@EARSHOT=$(O)/earshot EARSHOT_PEERS=$(O)/peers python3 tests/bench/scoring.py --speed $(BENCH_BIN) --texts $(TEXTS)
	@EARSHOT=$(O)/earshot EARSHOT_PEERS=$(O)/peers python3 tests/bench/rules.py --texts $(TEXTS)
	@EARSHOT=$(O)/earshot python3 tests/bench/latency.py
	@EARSHOT=$(O)/earshot python3 tests/bench/backtest.py 50000
	@EARSHOT=$(O)/earshot python3 tests/bench/many_keys.py 500000
	@EARSHOT=$(O)/earshot python3 tests/bench/import.py
	@python3 tests/bench/segments.py $(O)/earshot 100000

format: ## lay out all C files
	@clang-format -i $(filter-out core/banned.h,$(wildcard $(addsuffix /*.[ch],$(ROOMS)) tests/*/*.[ch]))

format-check: $(O)/test-deps ## is everything laid out?
	@scripts/format-check.sh $(filter-out core/banned.h,$(wildcard $(addsuffix /*.[ch],$(ROOMS)) tests/*/*.[ch]))

layers: ## does every room include only what it may?
	@scripts/layers.sh

analyze: ## gcc's static analyser
	@$(MAKE) --no-print-directory O=$(O)/analyze CFLAGS="$(BASE) -O1 -fanalyzer" $(O)/analyze/earshot

cov: $(O)/test-deps ## line coverage of the tests, worst files first
	@$(MAKE) --no-print-directory BUILD=cov test && scripts/coverage.sh $(O)/cov

deps: ## install what building and testing need (Debian's packages)
	@scripts/deps.sh build && scripts/deps.sh test

clean: ## remove what was built
	@rm -rf $(O)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

.PHONY: always build test test-crash test-binaries test-objects fuzz run bench format format-check layers analyze cov deps clean help

-include $(shell find $(DIR) -name '*.d' 2>/dev/null)
