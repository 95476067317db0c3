# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Source archive and packages. All are built from the archive, so the tree stays clean. VERSION=0.2.0 makes a later one.

DIST := $(BUILD)/meshtap-$(VERSION).tar.gz
# What this make was given is not meant for the makes inside of packages.
PACKAGE_ENV := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS

.PHONY: dist deb rpm check-packages

dist:
	@packaging/dist.sh "$(VERSION)"
	@echo $(DIST)

# build/deb/meshtap_VERSION-1_ARCH.deb, that of meshtap-log-shipper, and the source package
deb: dist
	@packaging/deps.sh pack
	rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb
	cp $(DIST) $(BUILD)/deb/meshtap_$(VERSION).orig.tar.gz
	tar -xf $(DIST) -C $(BUILD)/deb
	cp -r $(BUILD)/deb/meshtap-$(VERSION)/packaging/debian $(BUILD)/deb/meshtap-$(VERSION)/debian
	cd $(BUILD)/deb/meshtap-$(VERSION) && $(PACKAGE_ENV) dpkg-buildpackage --no-sign
	rm -r $(BUILD)/deb/meshtap-$(VERSION)
	@ls $(BUILD)/deb/meshtap_*.deb $(BUILD)/deb/meshtap-log-shipper_*.deb

# build/rpm/meshtap-VERSION-1.ARCH.rpm, and that of meshtap-log-shipper. No source package: it would say where it was built, and "rpmbuild -ta" of the archive does as
# well. Also on Debian: there rpm knows none of the packages that are installed, nor the macros.
RPMBUILD := rpmbuild --define "_topdir $(abspath $(BUILD))/rpm/top" --define "_rpmdir $(abspath $(BUILD))/rpm" \
	    --define "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
	    --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" \
	    --define "_buildhost localhost"

rpm: dist
	@packaging/deps.sh pack
	rm -rf $(BUILD)/rpm && mkdir -p $(BUILD)/rpm
	tar -xf $(DIST) -C $(BUILD)/rpm --strip-components=3 meshtap-$(VERSION)/packaging/rpm
	options=$$(test -n "$$(rpm --eval '%{?_unitdir}')" || echo --nodeps --load $(BUILD)/rpm/macros.fedora); \
	SOURCE_DATE_EPOCH=$$(stat -c %Y $(BUILD)/rpm/meshtap.spec) $(PACKAGE_ENV) $(RPMBUILD) $$options -tb $(DIST)
	rm -r $(BUILD)/rpm/top
	@ls $(BUILD)/rpm/*.rpm

# Builds both twice, reads them, installs and removes the deb in a chroot that is kept in build/.
check-packages:
	@test "$$(id -u)" = 0 || { echo "make check-packages installs in a chroot and needs root" >&2; exit 1; }
	@packaging/deps.sh pack
	@MESHTAP_TEST_SECONDS=900 MESHTAP_TESTS_SECONDS=900 MESHTAP_TESTS=tests/packages/test_packages.sh tests/run.sh
