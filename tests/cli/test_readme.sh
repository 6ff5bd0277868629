#!/usr/bin/env bash
# Runs the README's tour: every line that starts with "$ " in its sh blocks, in order.
. "$(dirname "$0")/lib.sh"

# The tour as a new user has it: the tree, and the built program at build/upnas.
mkdir tree tree/build
cp -r "$source_dir"/{configs,README.md,tests} tree/
ln -s "$upnas" tree/build/upnas
cd tree
awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on && /^\$ / { sub(/^\$ /, ""); print }' README.md >commands
[ "$(wc -l <commands)" -ge 8 ] || fail "the README has no tour"
export python
ran=0
while IFS= read -r line; do
    case "$line" in
        ./dev* | git* | sudo* | cd* | *zc_nasbench201* | *.pth*) continue ;; # building, downloads
        python3*read_artifact*) "$python" -c 'import lmdb, msgpack, zstandard' 2>/dev/null || continue ;;
        python3*) "$python" -c 'import torch' 2>/dev/null || continue ;;
    esac
    echo "+ $line"
    bash -c "set -euo pipefail; python3() { $python \"\$@\"; }; $line" >out 2>err ||
        { cat out err >&2; fail "README: $line"; }
    ran=$((ran + 1))
done <commands
echo "$ran commands of the README ran"
