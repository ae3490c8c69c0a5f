#!/usr/bin/env bash
# guest.sh WORK BINARY…: makes WORK/vmlinuz and WORK/initrd.gz, a guest of Debian's kernel, rdma_rxe, the verbs tools, python3-pyverbs and the
# given binaries. What does not depend on the binaries is kept in WORK/base and made anew only when a package's version has changed.
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$1; shift
arch=$(dpkg --print-architecture)
[[ $arch == amd64 ]] || { echo "guest.sh: only amd64 guests are made, this is $arch" >&2; exit 1; }
mkdir -p "$work"; cd "$work"
libraries=/usr/lib/x86_64-linux-gnu
kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
[[ -n $kernel ]] || { echo "guest.sh: apt knows no linux-image-amd64: apt-get update" >&2; exit 1; }
stamp="$kernel $(apt-cache policy "$kernel" | awk '/Candidate/ { print $2 }') $(dpkg-query -W busybox-static libibverbs1 ibverbs-providers ibverbs-utils iproute2 python3.11-minimal python3-pyverbs | tr '\t\n' '= ')$(md5sum <"$here/guest.sh")"

needs() { # files: the libraries that they load, one a line
  for file; do ldd "$file" 2>/dev/null; done | awk '/=> \// { print $3 } /^\t\/lib64/ { print $1 }' | sort -u
}
with_libraries() { # root files: each library to where the loader finds it
  local root=$1 library; shift
  needs "$@" | while read -r library; do mkdir -p "$root$(dirname "$library")"; cp -Lu "$library" "$root$library"; done
}

make_base() {
  local root=base release modules module program
  rm -rf base unpacked stamp; mkdir unpacked
  # Only unpacked: nothing of it is installed here.
  (cd unpacked && apt-get download -o APT::Sandbox::User=root "$kernel" >/dev/null && dpkg -x ./*.deb . && rm ./*.deb)
  release=$(ls unpacked/lib/modules); modules=unpacked/lib/modules/$release
  cp unpacked/boot/vmlinuz-* vmlinuz
  depmod -b unpacked "$release"
  mkdir -p $root/{bin,proc,sys,dev,tmp,root,etc/libibverbs.d,usr/bin,usr/lib/python3/dist-packages,lib64,lib/modules/"$release",run,"$libraries"/libibverbs}
  cp /bin/busybox $root/bin/
  for program in $(/bin/busybox --list | grep -vx busybox); do ln -sf busybox "$root/bin/$program"; done
  for module in rdma_rxe ib_uverbs rdma_ucm virtio_net virtio_pci virtio_blk virtio-rng crc32_generic; do
    { grep "/$module.ko:" "$modules/modules.dep" || true; } | tr -d ':' | tr ' ' '\n' | while read -r file; do
      mkdir -p "$root/lib/modules/$release/$(dirname "$file")"; cp "$modules/$file" "$root/lib/modules/$release/$file"
    done
  done
  cp "$modules"/modules.builtin* "$modules/modules.order" "$root/lib/modules/$release/"
  depmod -b $root "$release"
  rm -rf unpacked
  cp -L "$libraries"/libibverbs/librxe*.so $root$libraries/libibverbs/
  cp /etc/libibverbs.d/rxe.driver $root/etc/libibverbs.d/
  # ip: busybox's knows no rule by port.
  for program in ibv_devinfo ibv_rc_pingpong rdma ip; do cp "$(command -v $program)" $root/usr/bin/; with_libraries $root "$(command -v $program)"; done
  # libssl: what .NET loads for tokens; libgcc_s: what Python's threads end with.
  cp -L $libraries/libibverbs.so.1 $libraries/libssl.so.3 $libraries/libcrypto.so.3 $libraries/libgcc_s.so.1 $root$libraries/
  cp /usr/bin/python3.11 $root/usr/bin/python3
  mkdir -p $root/usr/lib/python3.11
  (cd /usr/lib/python3.11 && tar c --exclude=test --exclude=idlelib --exclude=lib2to3 --exclude=__pycache__ --exclude='config-*' --exclude=ensurepip \
    --exclude=pydoc_data --exclude=tkinter --exclude=distutils --exclude=unittest .) | tar x -C $root/usr/lib/python3.11
  cp -r /usr/lib/python3/dist-packages/pyverbs $root/usr/lib/python3/dist-packages/
  find $root/usr/lib/python3 -name __pycache__ -prune -exec rm -rf {} +
  mapfile -t objects < <(find /usr/lib/python3/dist-packages/pyverbs /usr/lib/python3.11/lib-dynload -name '*.so')
  with_libraries $root /usr/bin/python3.11 "${objects[@]}"
  printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n' >$root/etc/passwd
  printf 'root:x:0:\nnogroup:x:65534:\n' >$root/etc/group
  (cd $root && find . | cpio -o -H newc --quiet) | gzip -1 >base.gz
  echo "$stamp" >stamp
}

[[ -f stamp && -f base.gz && $(<stamp) == "$stamp" ]] || make_base
rm -rf top; mkdir -p top/usr/bin
for binary; do cp "$binary" top/usr/bin/; done
with_libraries top "$@"
cp "$here/init" top/init; cp "$here/peer.py" top/peer.py; chmod +x top/init
# The kernel unpacks one archive after the other into the same root.
{ cat base.gz; (cd top && find . | cpio -o -H newc --quiet) | gzip -1; } >initrd.gz
