#!/bin/sh
# take.sh ROOT PROGRAMS LIBRARIES: copies a build of DPVS from the file system of an image, which is at ROOT, to /opt/dpvs.
# PROGRAMS and LIBRARIES are folders of that image, separated by colons, in which programs and libraries are looked for. Of
# libraries only those are copied that this image lacks. A program that is not there is told by the trial of DPVS.
set -eu
root=$1 programs=$2 libraries=$3
bin=/opt/dpvs/bin lib=/opt/dpvs/lib
mkdir -p "$bin" "$lib"
echo "$lib" > /etc/ld.so.conf.d/zz-dpvs.conf

# Prints the path of a file in the first of the folders that has it. A link leads to a file of the same root.
find_in() {
  name=$1
  folders=$2:
  while [ -n "$folders" ]; do
    file=$root/${folders%%:*}/$name
    folders=${folders#*:}
    links=0
    while [ -L "$file" ] && [ "$links" -lt 10 ]; do
      links=$((links + 1))
      target=$(readlink "$file")
      case $target in /*) file=$root$target ;; *) file=${file%/*}/$target ;; esac
    done
    if [ -f "$file" ] && [ ! -L "$file" ]; then
      echo "$file"
      return
    fi
  done
}

lacks() {
  for file in "$bin"/* "$lib"/*; do
    if [ -f "$file" ]; then ldd "$file" 2> /dev/null || true; fi
  done | sed -n 's/^[[:space:]]*\([^ /]*\) => not found$/\1/p' | sort -u
}

for program in dpvs dpip ipvsadm keepalived; do
  file=$(find_in "$program" "$programs")
  if [ -n "$file" ]; then install -m 755 "$file" "$bin/$program"; fi
done
# A library that is copied may need others.
before=-
while lacking=$(lacks) && [ "$lacking" != "$before" ]; do
  before=$lacking
  for library in $lacking; do
    file=$(find_in "$library" "$libraries")
    if [ -n "$file" ]; then install -m 644 "$file" "$lib/$library"; fi
  done
  ldconfig
done
