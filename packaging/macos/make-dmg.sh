#!/bin/sh
# The disk image for macOS, from the Parfocal.app that the bundle's build leaves. Untested: written on Linux.
#   sh packaging/macos/make-dmg.sh build/gpu 0.1.0 ["Developer ID Application: …"]
# Without an identity the app is signed ad hoc: macOS then asks once whether to open it.
set -eu

out=$1
version=$2
identity=${3:--}
app=$out/Parfocal.app
[ -d "$app" ] || { echo "There is no $app: build the bundle first (make bundle)." >&2; exit 1; }

codesign --force --deep --options runtime --timestamp=none --sign "$identity" "$app"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp -R "$app" "$stage/"
ln -s /Applications "$stage/Applications"
hdiutil create -volname "Parfocal $version" -srcfolder "$stage" -fs HFS+ -format UDZO -ov "$out/Parfocal-$version.dmg"
# To be opened without a question elsewhere: xcrun notarytool submit … --wait, then xcrun stapler staple.
