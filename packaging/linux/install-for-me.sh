#!/bin/sh
# Runs inside the self-installing file: puts Parfocal into the home folder of the person, without root.
#   ./Parfocal-VERSION-x86_64.run               install, or replace an older version
#   ./Parfocal-VERSION-x86_64.run -- --remove   take it away again; cases, models and settings stay
set -eu

share=${XDG_DATA_HOME:-$HOME/.local/share}
place=$share/parfocal-program
programs=$HOME/.local/bin
id=org.parfocal.Parfocal

remove() {
    rm -rf "$place"
    rm -f "$programs/parfocal" "$programs/parfocal-ml"
    rm -f "$share/applications/$id.desktop" "$share/mime/packages/$id.xml" "$share/metainfo/$id.metainfo.xml"
    rm -f "$share"/icons/hicolor/*/apps/$id.*
}

refresh() {
    command -v update-mime-database >/dev/null && update-mime-database "$share/mime" >/dev/null 2>&1 || true
    command -v update-desktop-database >/dev/null && update-desktop-database "$share/applications" >/dev/null 2>&1 || true
}

if [ "${1:-}" = --remove ]; then
    remove
    refresh
    echo "Parfocal is gone. Your cases, models and settings are where they were."
    exit 0
fi

mkdir -p "$programs" "$share/mime/packages"
# The new one stands beside the old one before that goes: a full disk leaves the old one as it was.
rm -rf "$place.new"
cp -R parfocal "$place.new"
remove
mv "$place.new" "$place"
cp -R share/. "$share/"
sed -i "s|^Exec=parfocal|Exec=$place/parfocal|" "$share/applications/$id.desktop"
ln -sf "$place/parfocal" "$programs/parfocal"
ln -sf "$place/parfocal-ml" "$programs/parfocal-ml"
refresh
echo "Parfocal is installed. It is in the menu of programs; in a terminal: $programs/parfocal"
