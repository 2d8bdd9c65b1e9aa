# SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is.

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
STATEDIR   ?= /var/lib/pam_totp
MULTIARCH  := $(shell $(CXX) -print-multiarch 2>/dev/null)
PAMDIR     ?= $(PREFIX)/lib/$(if $(MULTIARCH),$(MULTIARCH)/)security
LIBEXECDIR ?= $(PREFIX)/lib/pam-totp
GROUP      ?= _pam_totp
LOCALEDIR  ?= $(PREFIX)/share/locale
MANDIR     ?= $(PREFIX)/share/man
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR     ?= $(PREFIX)/share/zsh/vendor-completions
FISHDIR    ?= $(PREFIX)/share/fish/vendor_completions.d
UNITDIR     ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
KEYFILE    ?= $(SYSCONFDIR)/security/pam_totp.key
CONFFILE   ?= $(SYSCONFDIR)/security/pam_totp.conf
UNDOFILE   ?= $(SYSCONFDIR)/security/pam_totp.undo
VERSION    := $(shell cat VERSION)

# SAN=1: everything with AddressSanitizer and UndefinedBehaviorSanitizer, in a directory of its own. FUZZ=1: for the
# fuzzers, which clang alone builds. COV=1: to count what is run.
B := build$(if $(SAN),-san)$(if $(FUZZ),-fuzz)$(if $(COV),-cov)
ifdef FUZZ
CXX := clang++
endif

CXX      ?= g++
CXXFLAGS ?= $(if $(COV),-O0,$(if $(SAN)$(FUZZ),-O1,-O2)) -g
LDFLAGS  ?=
# A name of its own: `make CXXFLAGS=…` would drop what is added to CXXFLAGS.
OURS := -std=c++20 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Wformat=2 -Ipam_totp -MMD -MP \
        -fvisibility=hidden -fstack-protector-strong -fstack-clash-protection -fPIC -ffunction-sections -fdata-sections -D_GNU_SOURCE \
        -ffile-prefix-map=$(CURDIR)=.
ifeq ($(SAN)$(FUZZ)$(COV),)
OURS += $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CXXFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif
PATHS := -DTOTP_VERSION='"$(VERSION)"' -DTOTP_STORE='"$(STATEDIR)"' -DTOTP_KEY='"$(KEYFILE)"' \
         -DTOTP_CONF='"$(CONFFILE)"' -DTOTP_HELPER='"$(LIBEXECDIR)/pam_totp_helper"' -DTOTP_GROUP='"$(GROUP)"' \
         -DTOTP_LOCALES='"$(LOCALEDIR)"' -DTOTP_UNDO='"$(UNDOFILE)"'
PLAIN := -fno-exceptions -fno-rtti
# The module is loaded by every sudo and every login: its size costs more than its loops, which are libcrypto's. The
# objects hold plain code too, for the tests and the helper; clang's own kind would need another linker.
ifeq ($(SAN)$(FUZZ)$(COV)$(findstring clang,$(CXX)),)
PLAIN += -Os -flto -ffat-lto-objects
WHOLE := -Os -flto=auto
SANLINK := -fno-lto
endif
HARD  := -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections
ifdef SAN
OURS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANLINK := -fsanitize=address,undefined
endif
ifdef COV
OURS += --coverage -fprofile-abs-path
SANLINK := --coverage
endif
ifdef FUZZ
OURS += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

COMPILE = $(CXX) $(CPPFLAGS) $(CXXFLAGS) $(OURS) $(PATHS)
objects = $(patsubst %.cc,$(B)/%.o,$(wildcard $(1)/*.cc))
CORE   := $(call objects,pam_totp/core)
STORE  := $(call objects,pam_totp/store)
PAM    := $(call objects,pam_totp/pam)
HELPER := $(call objects,pam_totp/helper)
HOST   := $(call objects,tools/host)
TOOLS  := $(call objects,tools) $(HOST)
UNITS  := $(patsubst tests/unit/%.cc,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.cc))
MODULE_TESTS := $(patsubst tests/pam/%.cc,$(B)/tests/pam/%,$(wildcard tests/pam/test_*.cc))
FUZZERS := $(patsubst tests/fuzz/%.cc,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.cc))
LANGUAGES := $(basename $(notdir $(wildcard packaging/po/*.po)))
CATALOGUES := $(LANGUAGES:%=$(B)/locale/%/LC_MESSAGES/pam_totp.mo)
SUPPORT := $(call objects,tests/support)
MANUAL := $(wildcard packaging/man/*.[158])

all: $(B)/pam_totp.so $(B)/pam_totp_helper $(B)/pam-totp $(CATALOGUES) ## build the module, the helper and the command

$(B)/pam_totp/%.o: pam_totp/%.cc
	@mkdir -p $(@D)
	$(COMPILE) $(PLAIN) -c -o $@ $<
$(B)/pam_totp/core/settings.o $(B)/pam_totp/core/rule.o $(B)/tools/main.o: VERSION # they say it
$(B)/%.o: %.cc
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

# The C driver links the module, so that a stray symbol of the C++ runtime fails the build. A sanitizer's own
# runtime is loaded by the program under test.
$(B)/pam_totp.so: $(CORE) $(STORE) $(PAM) pam_totp/pam/module.map
	$(CC) -shared $(if $(WHOLE),$(WHOLE),$(SANLINK)) $(LDFLAGS) $(HARD) $(if $(SAN),,-Wl$(comma)-z$(comma)defs) \
	  -Wl,--version-script=pam_totp/pam/module.map -o $@ $(CORE) $(STORE) $(PAM) -lpam -lcrypto $(if $(SAN),-lstdc++)
$(B)/pam_totp_helper: $(CORE) $(STORE) $(HELPER)
	$(CXX) -pie $(SANLINK) $(LDFLAGS) $(HARD) -o $@ $^ -lcrypto -lqrencode
$(B)/pam-totp: $(CORE) $(TOOLS)
	$(CXX) -pie $(SANLINK) $(LDFLAGS) $(HARD) -o $@ $^ -lcrypto -lqrencode -lpng -lpam
# Of the command a test takes what it needs.
$(B)/tools.a: $(filter-out $(B)/tools/main.o,$(TOOLS))
	rm -f $@ && $(AR) rc $@ $^
comma := ,

$(B)/locale/%/LC_MESSAGES/pam_totp.mo: packaging/po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(SUPPORT) $(CORE) $(STORE) $(HOST) $(B)/tools.a
	$(CXX) $(SANLINK) $(LDFLAGS) -o $@ $^ -lcmocka -lcrypto -lpam
$(B)/tests/pam/%: $(B)/tests/pam/%.o $(SUPPORT) $(CORE) $(STORE) | $(B)/pam_totp.so
	$(CXX) $(SANLINK) $(LDFLAGS) -o $@ $^ -lcmocka -lcrypto -lpam -ldl
$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(CORE) $(STORE) $(B)/pam_totp/pam/options.o
	$(CXX) -fsanitize=fuzzer,address,undefined $(LDFLAGS) -o $@ $^ -lcrypto
BENCH := $(B)/tests/bench/driver $(patsubst %,$(B)/tests/bench/modules/%.so,noop reference mark)
$(B)/tests/bench/driver: $(call objects,tests/bench)
	$(CXX) $(SANLINK) $(LDFLAGS) -rdynamic -o $@ $^ -lpam
$(B)/tests/bench/modules/%.so: $(B)/tests/bench/modules/%.o
	$(CC) -shared $(SANLINK) $(LDFLAGS) $(HARD) -o $@ $< -lpam
$(B)/tests/crash/login: $(B)/tests/crash/login.o
	$(CXX) $(SANLINK) $(LDFLAGS) -o $@ $^ -lpam
.SECONDARY:

tests: all $(UNITS) $(MODULE_TESTS) $(B)/tests/crash/login $(if $(SAN),,$(BENCH))
fuzzers: $(FUZZERS)

check-units: all $(UNITS) ## the unit tests alone, which need neither root nor a network: for building packages
	for test in $(UNITS); do $$test || exit 1; done

# Looked at, or run on the loopback of a sandbox, and not installed: each would run on the machine itself.
UNPACKED := fail2ban vsftpd libwrap0 libnsl2 libtirpc3 freeradius freeradius-common freeradius-config freeradius-utils \
            libfreeradius3 libtalloc2 libct4 libwbclient0 libpcap0.8 libpam-radius-auth lightdm gdm3 sddm greetd

deps: ## install what Debian needs to build and test (root)
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends g++ make pkg-config \
	  libpam0g-dev libssl-dev libqrencode-dev libpng-dev libcmocka-dev gettext \
	  openssh-server openssh-client sudo login passwd oathtool zbar-tools pamtester locales python3 strace binutils iproute2 \
	  clang libclang-rt-dev valgrind e2fsprogs xfsprogs btrfs-progs quota faketime \
	  groff-base mandoc zsh fish clang-tidy cppcheck shellcheck
	mkdir -p build-deps && cd build-deps && rm -rf $(UNPACKED) *.deb && apt-get download -q $(UNPACKED) && \
	  for deb in *.deb; do dpkg-deb -x $$deb $${deb%%_*} || exit 1; done && rm -f *.deb

check: tests ## every test (root); `make check SAN=1` with sanitizers
	$(if $(SAN)$(cannot_fuzz),,$(MAKE) FUZZ=1 fuzzers)
	tests/run $(B)

TIME ?= 60
fuzz: ## every fuzzer for TIME seconds (60), or those of NAMES
	$(MAKE) FUZZ=1 fuzzers
	tests/fuzz/run build-fuzz $(TIME) $(NAMES)
cannot_fuzz = $(shell echo 'extern "C" int LLVMFuzzerTestOneInput() { return 0; }' | \
  clang++ -fsanitize=fuzzer,address -x c++ -o /dev/null - 2>&1)

lint: ## clang-tidy, cppcheck and shellcheck, without a word
	tests/lint -std=c++20 -Ipam_totp -D_GNU_SOURCE $(PATHS)

coverage: ## lines and branches of core and store that the unit and module tests run; not few (root)
	$(MAKE) COV=1 tests
	tests/coverage build-cov

bench: all $(BENCH) ## this module beside others (root, valgrind and strace; a few minutes); `make bench QUICK=1`
	tests/bench/run $(B) $(if $(QUICK),--quick)

po: ## gather the texts for people anew, and tell the catalogues what is new
	tests/checks/texts >packaging/po/pam_totp.pot
	for po in packaging/po/*.po; do msgmerge -q -N --update --backup=none --no-wrap --no-location "$$po" packaging/po/pam_totp.pot; done

pictures: all ## draw the README's pictures anew, from what the programs show (root)
	for scene in setup login; do \
	  TOTP_BUILD=$(B) tests/support/sandbox python3 tests/system/scenes.py $$scene >$(B)/$$scene.svg && \
	  cp $(B)/$$scene.svg packaging/pictures/ || exit 1; done

demo: ## set up, log in through real sshd, replay, backup code, in a view of this machine that leaves no trace (root)
	tests/system/demo

install: all ## install; on a live system also the group and the directories
	install -d $(DESTDIR)$(PAMDIR) $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR)
	install -m 0644 $(B)/pam_totp.so $(DESTDIR)$(PAMDIR)/pam_totp.so
	install -m 0755 $(B)/pam-totp $(DESTDIR)$(PREFIX)/bin/pam-totp
	install -m 0755 $(B)/pam_totp_helper $(DESTDIR)$(LIBEXECDIR)/pam_totp_helper
	for page in $(notdir $(MANUAL)); do \
	  install -D -m 0644 packaging/man/$$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page || exit 1; done
	install -D -m 0644 packaging/completions/pam-totp.bash $(DESTDIR)$(BASHDIR)/pam-totp
	install -D -m 0644 packaging/completions/_pam-totp $(DESTDIR)$(ZSHDIR)/_pam-totp
	install -D -m 0644 packaging/completions/pam-totp.fish $(DESTDIR)$(FISHDIR)/pam-totp.fish
	for language in $(LANGUAGES); do \
	  install -D -m 0644 $(B)/locale/$$language/LC_MESSAGES/pam_totp.mo \
	    $(DESTDIR)$(LOCALEDIR)/$$language/LC_MESSAGES/pam_totp.mo || exit 1; done
ifeq ($(DESTDIR),)
	getent group $(GROUP) >/dev/null || groupadd --system $(GROUP)
	chgrp $(GROUP) $(LIBEXECDIR)/pam_totp_helper
	chmod 2755 $(LIBEXECDIR)/pam_totp_helper
	install -d -o root -g $(GROUP) -m 1770 $(STATEDIR)
	test -e $(KEYFILE) || test -e $(CONFFILE) || install -D -m 0644 packaging/pam_totp.conf $(CONFFILE) # never under a host in use
	$(install_key_unit)
	test -e $(KEYFILE) || $(PREFIX)/bin/pam-totp init
endif

install_key_unit = sed 's/_pam_totp/$(GROUP)/' packaging/systemd/pam-totp-key.service | \
  install -D -m 0644 /dev/stdin $(DESTDIR)$(UNITDIR)/pam-totp-key.service

install-systemd: ## what systemd and polkit of a host with a package need, for packages
	install -D -m 0644 packaging/systemd/pam_totp.sysusers $(DESTDIR)$(SYSUSERSDIR)/pam_totp.conf
	install -D -m 0644 packaging/systemd/pam_totp.tmpfiles $(DESTDIR)$(TMPFILESDIR)/pam_totp.conf
	install -D -m 0644 packaging/systemd/pam-totp-init.service $(DESTDIR)$(UNITDIR)/pam-totp-init.service
	$(install_key_unit)
	install -D -m 0644 packaging/polkit/polkit-agent-helper.conf \
	  $(DESTDIR)$(UNITDIR)/polkit-agent-helper@.service.d/50-pam_totp.conf

# Elsewhere than on Fedora the packages that it needs are Debian's, of other names, and its macros stand in a file.
FEDORA := $(wildcard /usr/lib/rpm/redhat)
rpm: ## build/packages/*.rpm
	packaging/dist build/rpm/SOURCES/pam_totp-$(VERSION).tar.gz
	rpmbuild -ba $(if $(FEDORA),,--nodeps --load packaging/rpm/macros.elsewhere) $(RPMFLAGS) \
	  --define '_topdir $(CURDIR)/build/rpm' packaging/rpm/pam_totp.spec
	mkdir -p build/packages && cp build/rpm/RPMS/*/*.rpm build/rpm/SRPMS/*.rpm build/packages/

# Their unit tests are part of `make check`; who builds the source package alone runs them.
deb: ## build/packages/*.deb
	DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS-nocheck parallel=$$(nproc)}" DEB_BUILD_PROFILES="$${DEB_BUILD_PROFILES-nocheck}" \
	  packaging/deb build/deb
	mkdir -p build/packages && cp build/deb/*.deb build/deb/*.tar.* build/deb/*.dsc build/packages/

deps-packages: ## install what Debian needs to build and test packages (root)
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
	  build-essential debhelper fakeroot gettext libcmocka-dev libpam0g-dev libpng-dev libqrencode-dev libssl-dev \
	  lintian devscripts autopkgtest faketime mmdebstrap pamtester oathtool python3 openssh-server openssh-client sudo login \
	  systemd swtpm tpm2-tools libtss2-tcti-swtpm0 rpm rpmlint bzip2 strace shellcheck musl-tools policykit-1 \
	  selinux-policy-dev selinux-policy-default checkpolicy semodule-utils setools policycoreutils selinux-utils

check-packages: deb rpm ## build the packages, and every test of them (root; half an hour)
	tests/packages/run

uninstall: ## remove the programs; the records and the host key stay
	@! grep -rsl pam_totp /etc/pam.d || { echo 'Take pam_totp out of the files above first: without the module they let nobody in.' >&2; false; }
	rm -f $(DESTDIR)$(PAMDIR)/pam_totp.so $(DESTDIR)$(PREFIX)/bin/pam-totp $(DESTDIR)$(LIBEXECDIR)/pam_totp_helper
	rm -f $(LANGUAGES:%=$(DESTDIR)$(LOCALEDIR)/%/LC_MESSAGES/pam_totp.mo)
	rm -f $(foreach page,$(notdir $(MANUAL)),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(page))
	rm -f $(DESTDIR)$(BASHDIR)/pam-totp $(DESTDIR)$(ZSHDIR)/_pam-totp $(DESTDIR)$(FISHDIR)/pam-totp.fish
	rm -f $(DESTDIR)$(UNITDIR)/pam-totp-key.service
	-rmdir $(DESTDIR)$(LIBEXECDIR)

clean: ## remove what was built
	rm -rf build build-san build-fuzz build-cov

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(B)/pam_totp $(B)/tools $(B)/tests -name '*.d' 2>/dev/null)
.PHONY: all tests fuzzers deps check fuzz lint coverage bench po pictures demo install uninstall clean help install-systemd check-units rpm deb deps-packages check-packages
