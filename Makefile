# Polylogue: what can be made.
#
#   make demo       build, import the sample exports, search them, render them
#   make test       every test
#   make models     the model that some tests need, in .build/models; fetched once
#   make bench      the benchmarks, one line a figure (SIZE=small, medium or large; small without it)
#   make sanitize   every test under the address and the thread sanitizer
#   make release    .build/release/polylogue, which needs nothing but libc
#   make install    the program, its manual page and completions under PREFIX (~/.local)
#   make uninstall  takes them away again
#   make docs       the library's documentation as a site, in .build/documentation
#   make lint       formatting and house rules
#   make format     formats the sources
#   make torture    the quick black-box tests, where they are at hand
#   make clean      removes what was built
#   make help       prints this list

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: demo test models bench sanitize release install uninstall docs lint format torture clean help packages

PREFIX ?= $(HOME)/.local
SIZE ?= small
POLYLOGUE := .build/release/polylogue
# The tests' own folder of models.
MODELS := $(CURDIR)/.build/models
PACKAGES := libsqlite3-dev libssl-dev libzstd-dev zlib1g-dev libmd4c-dev libstemmer-dev
STATIC := $(CURDIR)/.build/static
# Exclusive access is checked at run time in debug builds, which the tests use.
BUILD = swift build -c release --static-swift-stdlib -Xswiftc -cross-module-optimization \
  -Xswiftc -enforce-exclusivity=unchecked -Xlinker -L$(STATIC)
STATIC_LIBRARIES := \
  libsqlite3-dev/libsqlite3.a libzstd-dev/libzstd.a libssl-dev/libcrypto.a \
  zlib1g-dev/libz.a libstemmer-dev/libstemmer.a

demo: release
	@Demo/run $(POLYLOGUE)

# Tests of texts in PDF files need pdftotext, and are skipped without it.
# Tests that need a model are skipped where it cannot be fetched.
test: packages models
	@packaging/install-packages poppler-utils || true
	@! command -v python3 > /dev/null || (cd Benchmarks && python3 -m unittest -q retrieval.test_convert)
	@POLYLOGUE_MODELS=$(MODELS) swift test

models: packages
	@if [ ! -e $(MODELS)/active/model.json ]; then \
	  swift build --product polylogue; \
	  POLYLOGUE_MODELS=$(MODELS) .build/debug/polylogue models install || \
	    echo "no model: the tests that need one are skipped"; \
	fi

bench: release
	@$(BUILD) --product polylogue-bench
	@Benchmarks/run.py $(POLYLOGUE) --library .build/release/polylogue-bench --size $(SIZE) $(BENCH_FLAGS)

# Each has a build folder of its own, so that neither throws away the other's work. One test at a
# time: all at once, watched this closely, they meet their guards against hanging.
sanitize: packages
	@LSAN_OPTIONS=suppressions=$(CURDIR)/packaging/leaks-of-others.supp:print_suppressions=0 \
	  swift test --sanitize=address --scratch-path .build/address --no-parallel
	@swift test --sanitize=thread --scratch-path .build/thread --no-parallel

# The folder holds nothing but static libraries, the C++ run time that Swift's own library needs
# among them, and is searched first.
release: packages
	@mkdir -p $(STATIC)
	@for entry in $(STATIC_LIBRARIES); do \
	  archive=$$(dpkg -L $${entry%%/*} 2>/dev/null | grep "/$${entry##*/}$$" || true); \
	  if [ -n "$$archive" ]; then ln -sf "$$archive" $(STATIC)/; fi; \
	done
	@for entry in libstdc++.a:libstdc++.a libgcc_eh.a:libgcc_s.a; do \
	  archive=$$(ls /usr/lib/gcc/*/*/$${entry%%:*} 2>/dev/null | tail -1 || true); \
	  if [ -n "$$archive" ]; then ln -sf "$$archive" $(STATIC)/$${entry##*:}; fi; \
	done
	@packaging/static-markdown $(STATIC)
	@$(BUILD) --product polylogue

install: release
	@install -d "$(PREFIX)/bin" "$(PREFIX)/share/man/man1" \
	  "$(PREFIX)/share/bash-completion/completions" "$(PREFIX)/share/zsh/site-functions" \
	  "$(PREFIX)/share/fish/vendor_completions.d"
	@install -m 755 $(POLYLOGUE) "$(PREFIX)/bin/polylogue"
	@$(POLYLOGUE) help --man > "$(PREFIX)/share/man/man1/polylogue.1"
	@$(POLYLOGUE) completions bash > "$(PREFIX)/share/bash-completion/completions/polylogue"
	@$(POLYLOGUE) completions zsh > "$(PREFIX)/share/zsh/site-functions/_polylogue"
	@$(POLYLOGUE) completions fish > "$(PREFIX)/share/fish/vendor_completions.d/polylogue.fish"
	@echo "installed $(PREFIX)/bin/polylogue"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "add $(PREFIX)/bin to your PATH" ;; esac

uninstall:
	@rm -f "$(PREFIX)/bin/polylogue" "$(PREFIX)/share/man/man1/polylogue.1" \
	  "$(PREFIX)/share/bash-completion/completions/polylogue" \
	  "$(PREFIX)/share/zsh/site-functions/_polylogue" \
	  "$(PREFIX)/share/fish/vendor_completions.d/polylogue.fish"
	@echo "removed $(PREFIX)/bin/polylogue, its manual page and completions; archives stay"

docs: packages
	@command -v python3 > /dev/null || packaging/install-packages python3
	@swift build --target PolylogueKit
	@packaging/documentation .build/documentation

lint:
	@swift format lint --strict -r Sources Tests Examples Package.swift
	@packaging/house-rules

format:
	@swift format -i -r Sources Tests Examples Package.swift

torture: release
	@packaging/torture $(POLYLOGUE)

clean:
	@rm -rf .build

help:
	@sed -n 's/^#   //p' Makefile

# Installs what is missing, and does nothing at all when nothing is.
packages:
	@packaging/install-packages $(PACKAGES)
