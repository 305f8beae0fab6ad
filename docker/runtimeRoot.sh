#!/bin/sh
# Gathers what Node and the native packages need of the system, and nothing else, under one folder: the image is made of that.
# Usage: runtimeRoot.sh ROOT NODE_MODULES
set -eu
root=$1 modules=$2

binaries="/usr/local/bin/node $(find "$modules" -name '*.node' -o -name '*.so' -o -name '*.so.*')"

# ldd names what is loaded, the loader itself included; a library that is not found must fail here and not in production.
# shellcheck disable=SC2086
libraries=$(ldd $binaries | awk '/not found/ { print > "/dev/stderr"; missing = 1 } /=> \// { print $3 } /^[[:space:]]*\/.*ld-linux/ { print $1 } END { exit missing }' |
  grep -v "^$modules" | sort -u)

mkdir -p "$root/usr/local/bin" "$root/usr/bin" "$root/etc/tidemark" "$root/tmp" "$root/var/lib/dpkg/status.d"
cp /usr/local/bin/node "$root/usr/local/bin/node"
cp /usr/bin/tini-static "$root/usr/bin/tini"
for library in $libraries; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# A numeric user is enough for the kernel; a name is for those who look. 65532 is what other small images use.
echo 'tidemark:x:65532:65532:tidemark:/nonexistent:/sbin/nologin' >"$root/etc/passwd"
echo 'tidemark:x:65532:' >"$root/etc/group"
# Else glibc asks DNS for names of /etc/hosts, localhost among them.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"

# Scanners find there which versions of Debian's packages these files are.
cp -L /etc/os-release "$root/etc/os-release"
for library in $libraries /usr/bin/tini-static; do
  # What stands in /lib is a package's file in /usr/lib, or the other way round.
  dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "/usr$library" 2>/dev/null || dpkg-query -S "${library#/usr}"
done | cut -d: -f1 | sort -u | while read -r package; do
  dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done
