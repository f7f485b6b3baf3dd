#!/bin/sh
# Installs Parfocal from this source tree into a virtual environment, with exactly the locked versions.
#   sh packaging/install.sh VENV REQUIREMENTS
# System libraries that Qt and the fonts need are installed when root on Debian; otherwise the one line
# to type is printed and nothing is changed.
set -eu

venv=$1
requirements=$2
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Parfocal needs Python 3.11 or newer; '$python' is not. Say: make PYTHON=python3.11 ..." >&2
    exit 1
}

# What Qt's platform plugins and the text in the window load at run time: file to look for, Debian package.
libraries='libGL.so.1 libgl1
libEGL.so.1 libegl1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libglib-2.0.so.0 libglib2.0-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-xkb.so.1 libxcb-xkb1'

missing=''
if [ "$(uname -s)" = Linux ]; then
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
    missing=$(echo "$libraries" | while read -r file package; do
        case "$known" in *"$file "*) ;; *) printf '%s ' "$package" ;; esac
    done)
    found_font=$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" -name '*.[to]tf' 2>/dev/null | head -n 1)
    [ -n "$found_font" ] || missing="$missing fonts-dejavu-core"
    "$python" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing system packages: $missing"
        apt-get update -qq
        # shellcheck disable=SC2086  # a list of packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "System packages are missing. On Debian or Ubuntu type: sudo apt-get install $missing" >&2
        exit 1
    fi
fi

# Whom the tests talk to: an archive of pictures, a validator of DICOM, a database server, a screen. Tests that
# miss one skip and say so; nothing of it is needed to run Parfocal.
peers='Orthanc orthanc
dciodvfy dicom3tools
pg_ctlcluster postgresql
Xvfb xvfb'
missing=''
case $requirements in
*-dev.txt)
    missing=$(echo "$peers" | while read -r program package; do
        PATH="$PATH:/sbin:/usr/sbin" command -v "$program" >/dev/null || printf '%s ' "$package"
    done)
    [ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing="$missing orthanc-dicomweb"
    ;;
esac
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        echo "Installing what the tests talk to: $missing"
        apt-get update -qq
        # RUNLEVEL: the servers are installed and not started. Without them tests skip, so no failure here.
        # shellcheck disable=SC2086  # a list of packages
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
            >/dev/null || echo "Not installed; tests that need them will be skipped." >&2
    else
        echo "Some tests will be skipped. On Debian or Ubuntu type: sudo apt-get install $missing" >&2
    fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "Installing the locked packages of $requirements into $venv (about 6 GB, some minutes)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$requirements"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
