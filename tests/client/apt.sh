#!/bin/sh
# apt: a signed repository behind nginx; update and install through weir, twice, the second time with nginx stopped.
. "$(dirname "$0")/../lib.sh"
need apt-get apt-ftparchive gpg nginx dpkg-deb python3
need_root # dpkg unpacks into a folder of the test, as root
origin=$(free_port)
repo=$dir/www/debian
mkdir -p "$repo/pool" "$repo/dists/test/main/binary-all" "$repo/dists/test/main/binary-$(dpkg --print-architecture)"
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	p=$dir/pkg/weir-test-$n
	mkdir -p "$p/DEBIAN" "$p/usr/share/weir-test"
	head -c $((n * 40000)) /dev/urandom >"$p/usr/share/weir-test/$n"
	printf 'Package: weir-test-%s\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@mirror.example>\nDescription: test\n' $n >"$p/DEBIAN/control"
	dpkg-deb -b --root-owner-group "$p" "$repo/pool" >/dev/null || fatal "dpkg-deb"
done
export GNUPGHOME=$dir/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-gen-key 'Test <test@mirror.example>' default default 1d 2>/dev/null || fatal "gpg"
gpg --export >"$dir/key.gpg"
(
	cd "$repo" || exit 1
	apt-ftparchive packages pool >dists/test/main/binary-all/Packages
	cp dists/test/main/binary-all/Packages "dists/test/main/binary-$(dpkg --print-architecture)/Packages"
	for f in dists/test/main/*/Packages; do gzip -kn "$f"; done
	cd dists/test || exit 1
	apt-ftparchive -o APT::FTPArchive::Release::Suite=test -o APT::FTPArchive::Release::Codename=test \
		-o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures="all $(dpkg --print-architecture)" \
		release . >Release
	gpg --batch --quiet --passphrase '' --clearsign -o InRelease Release
) || fatal "apt-ftparchive"
gpgconf --kill all 2>/dev/null
find "$dir/www" -type f -exec touch -d '40 days ago' {} + # old enough to be fresh by heuristic
start_nginx "$origin" "$dir/www"
cache_lines='stale_if_error = 30d' start_weir </dev/null

apt() { # NUMBER apt-get's arguments
	root=$dir/apt$1; shift
	apt-get -q -o Dir="$root" -o Dir::State::status="$root/root/var/lib/dpkg/status" -o Dir::Etc::trusted="$dir/key.gpg" \
		-o Dir::Bin::dpkg=/usr/bin/dpkg -o Acquire::http::Proxy="$proxy" -o APT::Sandbox::User=root \
		-o DPkg::Options::="--root=$root/root" -o DPkg::Options::=--force-not-root -o Acquire::Languages=none "$@"
}
prepare() {
	root=$dir/apt$1
	mkdir -p "$root/etc/apt/apt.conf.d" "$root/etc/apt/preferences.d" "$root/etc/apt/sources.list.d" "$root/var/lib/apt/lists/partial" \
		"$root/var/cache/apt/archives/partial" "$root/root/var/lib/dpkg/info" "$root/root/var/lib/dpkg/updates" "$root/var/log/apt"
	: >"$root/root/var/lib/dpkg/status"
	echo "deb [signed-by=$dir/key.gpg] http://mirror.test:$origin/debian test main" >"$root/etc/apt/sources.list"
}
all=$(seq -f 'weir-test-%g' 1 12)
prepare 1
check "update" apt 1 update
check "without complaint" sh -c "! grep -E '^(W|E|Err)' $dir/check.out"
# shellcheck disable=SC2086
check "install" apt 1 install -y $all
check "the package is there" cmp "$dir/pkg/weir-test-12/usr/share/weir-test/12" "$dir/apt1/root/usr/share/weir-test/12"
kept() { for n in 1 12; do "$WEIRCTL" -s "$control" explain "http://mirror.test:$origin/debian/pool/weir-test-${n}_1.0_all.deb" | grep -qi fresh || return 1; done; }
check "the packages are kept" wait_until 5 kept
stop_nginx
prepare 2
check "update with the origin stopped" apt 2 update
check "it found the index" sh -c "! grep -E '^(E|Err)' $dir/check.out"
# shellcheck disable=SC2086
check "install with the origin stopped" apt 2 install -y $all
check "the same package" cmp "$dir/pkg/weir-test-12/usr/share/weir-test/12" "$dir/apt2/root/usr/share/weir-test/12"
check "packages came from the cache" logged 'GET http://mirror.test:[0-9]+/debian/pool/weir-test-7_1.0_all.deb.* HIT '
stop_weir KILL
pkill -KILL -P "$weir_pid" 2>/dev/null
launch_weir
prepare 3
check "update after every process was killed" apt 3 update
# shellcheck disable=SC2086
check "install after every process was killed" apt 3 install -y $all
