# Sourced by the scripts: where the checkout and Cargo's target directory are. Works from any directory.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Cargo takes a relative CARGO_TARGET_DIR from the directory that it is called in; here that is the checkout.
case ${CARGO_TARGET_DIR:-} in
  "") target=$root/target ;;
  /*) target=$CARGO_TARGET_DIR ;;
  *) target=$root/$CARGO_TARGET_DIR ;;
esac
export CARGO_TARGET_DIR=$target
# Everything that is not Cargo's own: Python environments, Node packages, the staged stack.
drayage=$target/drayage
