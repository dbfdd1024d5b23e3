#!/usr/bin/env bash
# Makes sure that a headless Chromium exists for the tests of the dashboard, and prints its path (everything else goes to
# stderr).
#
# Takes DRAYAGE_CHROMIUM, or what is on the path. Otherwise installs one from the npm registry into
# <target>/drayage/chromium: the package @sparticuz/chromium is a binary for x86-64 Linux with the libraries that a bare
# system lacks, packed with Brotli.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

package=@sparticuz/chromium@153.0.0
integrity=sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==
directory=$drayage/chromium

if [ -n "${DRAYAGE_CHROMIUM:-}" ]; then
  printf '%s\n' "$DRAYAGE_CHROMIUM"
  exit 0
fi
# The same names as in scripts/dray/src/dashboard/browser.rs.
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name"; then exit 0; fi
done

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "error: there is no Chromium; hint: install one, or name one by DRAYAGE_CHROMIUM" >&2
  exit 1
fi
if ! command -v npm >/dev/null; then
  echo "error: npm is missing; hint: install Node.js 18 or newer, or a Chromium" >&2
  exit 1
fi

mkdir -p "$drayage"
# Two scripts at a time must not install the same.
exec 9>"$directory.lock"
if command -v flock >/dev/null; then flock 9; fi

if [ "$(cat "$directory/stamp" 2>/dev/null)" != "$package" ]; then
  echo "installing $package into $directory" >&2
  rm -rf "$directory"
  mkdir -p "$directory/fonts"
  npm pack "$package" --pack-destination "$directory" --loglevel=error >&2
  tar -xzf "$directory"/sparticuz-chromium-*.tgz -C "$directory" package/bin
  node - "$directory" "$integrity" <<'SCRIPT'
const fs = require("fs"), zlib = require("zlib"), crypto = require("crypto");
const [directory, integrity] = process.argv.slice(2);
const archive = fs.readdirSync(directory).find((name) => name.endsWith(".tgz"));
const digest = crypto.createHash("sha512").update(fs.readFileSync(`${directory}/${archive}`)).digest("base64");
if (`sha512-${digest}` !== integrity) {
  console.error(`error: ${archive} is another file than expected; hint: look at what the registry has got`);
  process.exit(1);
}
for (const name of ["chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"]) {
  fs.writeFileSync(`${directory}/package/bin/${name}`, zlib.brotliDecompressSync(fs.readFileSync(`${directory}/package/bin/${name}.br`)));
}
SCRIPT
  bin=$directory/package/bin
  for archive in al2023 swiftshader fonts; do
    mkdir -p "$directory/$archive"
    tar -xf "$bin/$archive.tar" -C "$directory/$archive"
  done
  mv "$bin/chromium" "$directory/headless_shell"
  chmod +x "$directory/headless_shell"
  rm -rf "$directory/package" "$directory"/*.tgz
  # The libraries of the system come first: those of the package are only for what it has not got.
  cat >"$directory/chromium" <<'SCRIPT'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/al2023/lib:$here/swiftshader
export LD_LIBRARY_PATH
exec "$here/headless_shell" "$@"
SCRIPT
  chmod +x "$directory/chromium"
  # Written last, so that an interrupted installation is done again.
  printf '%s\n' "$package" >"$directory/stamp"
fi
printf '%s\n' "$directory/chromium"
