#!/busybox sh
# shellcheck shell=sh
# First process of a kernel whose virtiofs is a module: loads it, and goes on from the node's files.
while read -r module; do
  /busybox insmod "$module"
done < /order
/busybox mount -t proc proc /proc
init=$(/busybox sed 's/.* init=\([^ ]*\).*/\1/' /proc/cmdline)
/busybox umount /proc
/busybox mount -t virtiofs root /root
exec /busybox switch_root /root "$init"
