# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# meshtap: see README.md. V=1 shows the commands.

VERSION    := 0.1.0
# One line adds a collector: bpf/X.bpf.c + bpf/X.h, collectors/X.c (and X_*.c) -> build/meshtap-x (underscores become
# dashes).
COLLECTORS := tcp_connections tcp_bytes http_requests access_log
# One word adds a tool: tools/X/*.c -> build/meshtap-x, with PKGS_X. Tools load no BPF.
TOOLS      := workloads log_shipper

prefix     ?= /usr
sysconfdir ?= /etc
unitdir    ?= /lib/systemd/system
tmpfilesdir ?= /usr/lib/tmpfiles.d
mandir     ?= $(prefix)/share/man
INSTALL    ?= install
CC         ?= gcc
CLANG      ?= clang
BPFTOOL    ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
CFLAGS     ?= -O2 -g
BUILD      ?= build
# Another architecture: its headers and libraries, as tests/cross/sysroot.sh finds them; and CC=…
SYSROOT    ?=
PKGS       := libbpf inih libcap libpcre2-8 libnghttp2
PKGS_workloads   := yaml-0.1
PKGS_log_shipper := libcurl libprotobuf-c json-c zlib libdeflate inih libpcre2-8

WARNINGS   := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wformat=2
CPPFLAGS   += -D_GNU_SOURCE -DMESHTAP_VERSION='"$(VERSION)"' -Ibpf -Icollectors/shared -I$(BUILD)/bpf
HARDENING  := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
ALL_CFLAGS  = $(HARDENING) $(CFLAGS) -std=gnu11 -pthread $(WARNINGS) $(shell pkg-config --cflags $(PKGS))
# The oneshots know a start of the same program again by its build ID: collectors/shared/pins_known.h.
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--build-id=sha1 $(LDFLAGS)
LIBS        = $(shell pkg-config --libs $(PKGS))
# BTF names source files: by their place in the tree, so that a build elsewhere gives the same bytes.
BPF_CFLAGS := -g -O2 -std=gnu11 -target bpf -mcpu=v3 -Wall -Wextra -Wno-unused-function -Wno-unused-parameter \
	      -Wno-missing-declarations -ffile-prefix-map=$(CURDIR)=. $(addprefix -I,$(wildcard $(SYSROOT:%=%/usr/include))) \
	      -I$(SYSROOT)/usr/include/$(shell $(CC) -print-multiarch 2>/dev/null) -Ibpf

Q = $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$(2)";)

BINARIES   := $(foreach c,$(COLLECTORS),$(BUILD)/meshtap-$(subst _,-,$(c)))
TOOL_BINS  := $(foreach t,$(TOOLS),$(BUILD)/meshtap-$(subst _,-,$(t)))
SHARED_OBJ := $(patsubst collectors/shared/%.c,$(BUILD)/shared/%.o,$(wildcard collectors/shared/*.c))

.PHONY: all run bench bench-tools check check-adversity check-cross check-grpc check-http2 check-load check-log-shipper check-long check-machine check-mixed check-vm check-vm-machine unit-tests verifier fuzz lint install clean bench-scale check-faults soak
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BINARIES) $(TOOL_BINS)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$@)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(BUILD)/bpf/$*.bpf.d -c $< -o $(BUILD)/bpf/$*.tmp.o
	$(Q)$(BPFTOOL) gen object $@ $(BUILD)/bpf/$*.tmp.o

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name $* > $@

$(BUILD)/shared/%.o: collectors/shared/%.c
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Their dependency files are not there before the first build.
SKELETONS  := $(foreach c,$(COLLECTORS),$(BUILD)/bpf/$(c).skel.h)

$(BUILD)/collectors/%.o: collectors/%.c | $(SKELETONS)
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/shared.a: $(SHARED_OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

define link_collector
$(BUILD)/meshtap-$(subst _,-,$(1)): $(patsubst %.c,$(BUILD)/%.o,$(wildcard collectors/$(1).c collectors/$(1)_*.c)) $(BUILD)/shared.a
	$$(call say,LD,$$@)$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) $$^ $$(LIBS) -o $$@
endef
$(foreach c,$(COLLECTORS),$(eval $(call link_collector,$(c))))

$(BUILD)/tools/%.o: tools/%.c
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -DMESHTAP_VERSION='"$(VERSION)"' $(ALL_CFLAGS) $(TOOL_CFLAGS) -MMD -MP -c $< -o $@

# The log shipper's messages: tools/log_shipper/proto/**/X.proto, and protobuf's own -> build/proto/X.pb-c.[ch]
PROTO_DIR  := tools/log_shipper/proto
PROTO_ROOT := $(shell pkg-config --variable=includedir libprotobuf-c)
PROTO_C    := $(patsubst $(PROTO_DIR)/%.proto,$(BUILD)/proto/%.pb-c.c,$(shell find $(PROTO_DIR) -name '*.proto')) \
	      $(patsubst %,$(BUILD)/proto/google/protobuf/%.pb-c.c,duration timestamp wrappers)
PROTO_OBJ  := $(PROTO_C:%.c=%.o)

$(BUILD)/proto/google/protobuf/%.pb-c.c: $(PROTO_ROOT)/google/protobuf/%.proto
	$(call say,PROTO,$@)mkdir -p $(BUILD)/proto
	$(Q)protoc-c -I$(PROTO_ROOT) --c_out=$(BUILD)/proto $<

$(BUILD)/proto/%.pb-c.c: $(PROTO_DIR)/%.proto
	$(call say,PROTO,$@)mkdir -p $(BUILD)/proto
	$(Q)protoc-c -I$(PROTO_DIR) -I$(PROTO_ROOT) --c_out=$(BUILD)/proto $<

$(BUILD)/proto/%.o: $(BUILD)/proto/%.c | $(PROTO_C)
	$(call say,CC,$@)$(CC) $(ALL_CFLAGS) -Wno-missing-braces -I$(BUILD)/proto $(shell pkg-config --cflags libprotobuf-c) -c $< -o $@

# Of the collectors it has the settings, the service's signals and the .prom file: see tests/test_architecture.sh.
LOG_SHIPPER_CFLAGS = -Icollectors/shared -Ibpf -I$(BUILD)/proto $(shell pkg-config --cflags $(PKGS_log_shipper))
$(BUILD)/tools/log_shipper/%.o: TOOL_CFLAGS = $(LOG_SHIPPER_CFLAGS)
$(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/log_shipper/*.c)): | $(PROTO_C)
$(BUILD)/meshtap-log-shipper: $(PROTO_OBJ) $(BUILD)/shared.a
$(BUILD)/tools/workloads/%.o: TOOL_CFLAGS = $(shell pkg-config --cflags $(PKGS_workloads))

define link_tool
$(BUILD)/meshtap-$(subst _,-,$(1)): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/$(1)/*.c))
	$$(call say,LD,$$@)$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) $$(filter %.o,$$^) $$(filter %.a,$$^) \
		$$(shell pkg-config --libs $(PKGS_$(1))) -o $$@
endef
$(foreach t,$(TOOLS),$(eval $(call link_tool,$(t))))

# Unit tests: every tests/unit/test_X.c is a program of its own; what it tests is built with sanitizers too.
UNIT_TESTS  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
TEST_SHARED := $(patsubst collectors/shared/%.c,$(BUILD)/tests/shared/%.o,$(wildcard collectors/shared/*.c))
TEST_CFLAGS  = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	       -std=gnu11 -pthread $(WARNINGS) $(shell pkg-config --cflags $(PKGS))

$(BUILD)/tests/shared/%.o: collectors/shared/%.c
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(TEST_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/shared.a: $(TEST_SHARED)
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/test_%: tests/unit/test_%.c $(BUILD)/tests/shared.a
	$(call say,TEST,$@)$(CC) $(CPPFLAGS) -Icollectors $(TEST_CFLAGS) -MMD -MP -MT $@ -MF $@.d $< $(BUILD)/tests/shared.a $(LIBS) -lm -o $@

# The log shipper's: with its parts, all but main().
TEST_SHIPPER := $(patsubst tools/%.c,$(BUILD)/tests/tools/%.o,$(filter-out %/main.c,$(wildcard tools/log_shipper/*.c)))

$(BUILD)/tests/tools/log_shipper/%.o: tools/log_shipper/%.c | $(PROTO_C)
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(TEST_CFLAGS) $(LOG_SHIPPER_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/shipper.a: $(TEST_SHIPPER) $(PROTO_OBJ)
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/test_log_shipper_%: tests/unit/test_log_shipper_%.c $(BUILD)/tests/shipper.a $(BUILD)/tests/shared.a
	$(call say,TEST,$@)$(CC) $(CPPFLAGS) -Itools/log_shipper $(TEST_CFLAGS) $(LOG_SHIPPER_CFLAGS) -MMD -MP -MT $@ -MF $@.d $< \
		$(BUILD)/tests/shipper.a $(BUILD)/tests/shared.a $(LIBS) $(shell pkg-config --libs $(PKGS_log_shipper)) -o $@

unit-tests: $(UNIT_TESTS)

# The tools may be what is installed first: only then make can ask them anything.
check:
	@test "$$(id -u)" = 0 || { echo "make check loads BPF programs and needs root: sudo make check" >&2; exit 1; }
	@packaging/deps.sh test
	@$(MAKE) --no-print-directory all unit-tests
	@tests/run.sh $(UNIT_TESTS)

# What "make check" has no time for: 1,000,000 mixed requests on a good link, 100,000 on a bad one, 1,000,000 of HTTP/2,
# 100,000 calls of gRPC, 10,000,000 while the log is rotated, 1,000,000 lines to a collector by each protocol.
LONG = MESHTAP_TEST_SECONDS=3600 MESHTAP_TESTS_SECONDS=3600

check-long: check-mixed check-adversity check-http2 check-grpc check-load check-log-shipper

check-mixed: REQUESTS = 1000000
check-adversity: REQUESTS = 100000
check-http2: REQUESTS = 1000000
check-grpc: REQUESTS = 100000
check-load: REQUESTS = 10000000
check-log-shipper: REQUESTS = 1000000

check-mixed check-adversity check-http2 check-grpc check-load check-log-shipper:
	@packaging/deps.sh test
	@$(MAKE) --no-print-directory all
	@$(LONG) MESHTAP_TEST_REQUESTS=$(REQUESTS) \
		MESHTAP_TESTS=tests/live/test_$(subst -,_,$(@:check-%=%)).sh tests/run.sh

# All faults at once, under load: two storms of STORM_SECONDS each, and a full map.
STORM_SECONDS ?= 60
check-faults:
	@packaging/deps.sh test
	@$(MAKE) --no-print-directory all
	@$(LONG) MESHTAP_STORM_SECONDS=$(STORM_SECONDS) MESHTAP_TESTS=tests/bench/faults.sh tests/run.sh

# Instructions that the kernel's verifier walks in each program. The kernel's own limit is a million; ours leaves room.
BPF_OBJECTS := $(foreach c,$(COLLECTORS),$(BUILD)/bpf/$(c).bpf.o)

$(BUILD)/tests/verifier: tests/bench/verifier.c
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MT $@ -MF $@.d $< $(ALL_LDFLAGS) $(LIBS) -o $@

# Small measurements of one part each, run by hand: what each is for stands in its first lines.
$(BUILD)/bench/log_lines: $(filter-out %/access_log.o,$(patsubst %.c,$(BUILD)/%.o,$(wildcard collectors/access_log_*.c)))
$(BUILD)/bench/prom_file: $(BUILD)/collectors/http_requests_metrics.o
$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/shared.a
	$(call say,BENCH,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Icollectors $(ALL_CFLAGS) -MMD -MP -MT $@ -MF $@.d $(filter %.c %.o,$^) $(ALL_LDFLAGS) \
		$(BUILD)/shared.a $(LIBS) -o $@

verifier: $(BUILD)/tests/verifier $(BPF_OBJECTS)
	@$(BUILD)/tests/verifier --max 250000 $(BPF_OBJECTS)

# What meshtap costs, see docs/benchmarks.md. BENCH_QUICK=1 takes two minutes and says it less exactly; BENCH="throughput
# bulk" chooses; MESHTAP_BUILD=DIR measures what is there.
bench:
	@packaging/deps.sh bench
	@$(MAKE) --no-print-directory all bench-tools
	@tests/bench/run.sh $(BENCH)

bench-tools: $(BUILD)/tests/bpf_meter $(BUILD)/tests/empty.bpf.o $(BUILD)/tests/verifier

$(BUILD)/tests/bpf_meter: tests/bench/bpf_meter.c
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MT $@ -MF $@.d $< $(ALL_LDFLAGS) $(LIBS) -o $@

$(BUILD)/tests/empty.bpf.o: tests/bench/empty.bpf.c
	$(call say,BPF,$@)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $@.d -c $< -o $@

# How costs grow with connections, namespaces and units, see docs/scale.md: 15 minutes, and memory for a million connections if
# there is some. SCALE="churn units" chooses, SCALE_CONNECTIONS="10000 100000" says how many.
SCALE_TOOLS := $(BUILD)/tests/crowd $(BUILD)/tests/measure

bench-scale:
	@packaging/deps.sh test
	@$(MAKE) --no-print-directory all $(SCALE_TOOLS)
	@tests/bench/scale.sh

# Moderate mixed load for so long: memory must be flat.
soak: SECONDS ?= 3600
soak:
	@packaging/deps.sh test
	@$(MAKE) --no-print-directory all $(SCALE_TOOLS)
	@tests/bench/soak.sh $(SECONDS)

$(SCALE_TOOLS): $(BUILD)/tests/%: tests/bench/%.c
	$(call say,CC,$@)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(ALL_CFLAGS) -MMD -MP -MT $@ -MF $@.d $< $(ALL_LDFLAGS) -o $@

# Distribution kernels in QEMU; see tests/vm/run.sh. KERNELS="5.10 6.1" chooses.
check-vm:
	@packaging/deps.sh vm
	@$(MAKE) --no-print-directory all $(BUILD)/tests/verifier
	@tests/vm/run.sh $(KERNELS)

# The package on a machine of its own: a fresh Debian with its kernel and systemd, in QEMU.
check-vm-machine:
	@packaging/deps.sh vm
	@packaging/deps.sh machine
	@$(MAKE) --no-print-directory all deb
	@MESHTAP_VM_MACHINE=$$(tests/machine/rootfs.sh) MESHTAP_VM_SCRIPT=tests/vm/machine_guest.sh tests/vm/run.sh $(or $(KERNELS),6.1)

# All of it for arm64, see tests/cross/test_cross.sh.
check-cross:
	@packaging/deps.sh cross
	@$(MAKE) --no-print-directory all
	@MESHTAP_TESTS=tests/cross/test_cross.sh tests/run.sh

# The package on a machine with systemd as PID 1, in systemd-nspawn; see tests/machine/test_machine.sh.
check-machine:
	@packaging/deps.sh machine
	@$(MAKE) --no-print-directory all deb
	@tests/machine/packages.sh $(BUILD)/deb/meshtap_*_*.deb
	@MESHTAP_TEST_SECONDS=900 MESHTAP_TESTS_SECONDS=900 MESHTAP_TESTS=tests/machine/test_machine.sh tests/run.sh

# Every tests/fuzz/fuzz_X.c is a libFuzzer program. FUZZ_SECONDS is for all of them together.
FUZZ_SECONDS ?= 60
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CFLAGS   = -O1 -g -std=gnu11 -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=undefined $(WARNINGS) \
		-Ibpf -Icollectors/shared -Itests/unit

$(BUILD)/fuzz/fuzz_%: FUZZ_CFLAGS += -fsanitize=fuzzer
$(BUILD)/fuzz/%: tests/fuzz/%.c
	$(call say,FUZZ,$@)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -MMD -MP -MT $@ -MF $@.d $(filter %.c,$^) $(FUZZ_LIBS) -o $@

# What they link besides: the format and the filter, and what these are made of.
RECORD_C := $(wildcard collectors/shared/access_*.c) $(addprefix collectors/shared/,grpc.c header_set.c http_head.c \
	    http_head_read.c log_text_number.c)
$(BUILD)/fuzz/fuzz_log_format: $(wildcard collectors/shared/log_format*.c collectors/shared/log_operators*.c \
	collectors/shared/log_text.c collectors/shared/log_text_utf8.c collectors/shared/log_json*.c) $(RECORD_C)
$(BUILD)/fuzz/fuzz_filter: $(wildcard collectors/shared/filter*.c) $(RECORD_C)
$(BUILD)/fuzz/fuzz_filter: FUZZ_LIBS := $(shell pkg-config --libs libpcre2-8)
$(BUILD)/fuzz/fuzz_workloads: $(wildcard collectors/shared/workloads*.c) $(addprefix collectors/shared/,glob_match.c \
	log_text_utf8.c settings_lines.c settings_number.c settings_text.c)
$(BUILD)/fuzz/fuzz_workloads: FUZZ_LIBS := $(shell pkg-config --libs inih)

$(BUILD)/fuzz/fuzz_http2_heads: $(wildcard collectors/shared/http2_*.c) collectors/shared/hpack.c
$(BUILD)/fuzz/fuzz_http2_heads: FUZZ_LIBS := $(shell pkg-config --libs libnghttp2)

$(BUILD)/fuzz/fuzz_istio_objects: $(filter-out %/main.c,$(wildcard tools/workloads/*.c))
$(BUILD)/fuzz/fuzz_istio_objects: FUZZ_CFLAGS += -DMESHTAP_VERSION='"$(VERSION)"' -Itools/workloads
$(BUILD)/fuzz/fuzz_istio_objects: FUZZ_LIBS := $(shell pkg-config --libs $(PKGS_workloads))

FUZZ_SHIPPER := $(BUILD)/fuzz/fuzz_log_shipper_lines $(BUILD)/fuzz/fuzz_log_shipper_replies
# Its parts, but for the loop.
$(FUZZ_SHIPPER): $(filter-out %/main.c %/shipper.c %/gather.c %/deliver.c %/metrics.c,$(wildcard tools/log_shipper/*.c)) | $(PROTO_OBJ)
$(FUZZ_SHIPPER): $(addprefix collectors/shared/,log_json_escape.c log_text_number.c log_text_utf8.c prom_file.c \
	prom_text.c settings_number.c)
$(FUZZ_SHIPPER): FUZZ_CFLAGS += -DMESHTAP_VERSION='"$(VERSION)"' -Itools/log_shipper $(LOG_SHIPPER_CFLAGS)
$(FUZZ_SHIPPER): FUZZ_LIBS := $(PROTO_OBJ) $(shell pkg-config --libs $(PKGS_log_shipper))

fuzz: $(FUZZERS) $(BUILD)/fuzz/make_seeds $(BUILD)/fuzz/parse_http1
	@tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZERS)

run:
	@packaging/run.sh

lint:
	@tests/lint.sh

clean:
	rm -rf $(BUILD)

UNITS := $(wildcard systemd/*.service systemd/*.timer systemd/*.target)
MANS  := $(wildcard man/*.[578])
COMPLETIONS := $(DESTDIR)$(prefix)/share/bash-completion/completions

install: all
	$(INSTALL) -d $(DESTDIR)$(prefix)/sbin $(DESTDIR)$(sysconfdir)/meshtap $(DESTDIR)$(sysconfdir)/logrotate.d \
		$(DESTDIR)$(unitdir) $(DESTDIR)$(tmpfilesdir) $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man7 \
		$(DESTDIR)$(mandir)/man8 $(COMPLETIONS)
	$(INSTALL) -m 755 $(BINARIES) $(TOOL_BINS) $(DESTDIR)$(prefix)/sbin
	for f in $(wildcard conf/*.ini); do \
		test -e $(DESTDIR)$(sysconfdir)/meshtap/$${f##*/} || \
			$(INSTALL) -m 644 $$f $(DESTDIR)$(sysconfdir)/meshtap || exit 1; \
	done
	for f in $(UNITS); do \
		sed 's|/usr/sbin/|$(prefix)/sbin/|g' $$f >$(DESTDIR)$(unitdir)/$${f##*/} && \
			chmod 644 $(DESTDIR)$(unitdir)/$${f##*/} || exit 1; \
	done
	for f in $(MANS); do \
		to=$(DESTDIR)$(mandir)/man$${f##*.}/$${f##*/} && \
			sed '/^\.TH /s/"meshtap"/"meshtap $(VERSION)"/' $$f >$$to && chmod 644 $$to || exit 1; \
	done
	$(INSTALL) -m 644 packaging/logrotate/meshtap $(DESTDIR)$(sysconfdir)/logrotate.d
	$(INSTALL) -m 644 packaging/tmpfiles.d/meshtap.conf $(DESTDIR)$(tmpfilesdir)
	$(INSTALL) -m 644 completions/meshtap $(COMPLETIONS)
	for b in $(notdir $(BINARIES) $(TOOL_BINS)); do ln -sf meshtap $(COMPLETIONS)/$$b || exit 1; done
	for d in prometheus grafana; do \
		$(INSTALL) -d $(DESTDIR)$(prefix)/share/meshtap/$$d && \
			$(INSTALL) -m 644 conf/$$d/* $(DESTDIR)$(prefix)/share/meshtap/$$d || exit 1; \
	done

include packaging/packages.mk
-include $(wildcard $(BUILD)/*/*.d $(BUILD)/tests/shared/*.d $(BUILD)/tests/tools/*/*.d $(BUILD)/tools/*/*.d)
