#!/usr/bin/env bash
# One client for etcd 3.4 to 3.7: the runner's own against real etcd processes on the
# loopback. Prints "ok - NAME" or "not ok - NAME" for each test.
#
#   ETCD_3_4=PATH … ETCD_3_7=PATH tests/contract/run.sh PATH/TO/contract_test [GTEST_FLAG…]
set -euo pipefail

program=$(realpath "${1:?the program with the tests}")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Certificates. `openssl ca` is the one that makes expired ones.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
cat >ca.cnf <<'CNF'
[ca]
default_ca = ours
[ours]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
copy_extensions = copy
[any]
commonName = supplied
CNF
: >index.txt
# certificate CA NAME SUBJECT_ALT_NAME [OPTION…]
certificate() {
  local ca=$1 name=$2 san=$3
  shift 3
  (($#)) || set -- -days 2
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -addext "subjectAltName=$san" \
    -addext "extendedKeyUsage=serverAuth,clientAuth" -keyout "$name.key" -out "$name.csr" 2>/dev/null
  openssl ca -batch -notext -config ca.cnf -cert "$ca.crt" -keyfile "$ca.key" -in "$name.csr" -out "$name.crt" "$@" \
    >ca.log 2>&1 || {
    cat ca.log >&2
    exit 1
  }
}
authority ca
authority other-ca
certificate ca server IP:127.0.0.1,DNS:localhost
certificate ca elsewhere DNS:elsewhere.example
certificate ca expired IP:127.0.0.1 -startdate 20200101000000Z -enddate 20200102000000Z
certificate ca client DNS:client
certificate other-ca stranger DNS:stranger

# Google Test's lines as ours: "[       OK ] Etcd/Members.Answer/3_4 (12 ms)".
code=0
ETCD_CERTIFICATES=$work "$program" --gtest_color=no "$@" >log 2>&1 || code=$?
sed -nE -e 's/^\[       OK \] Etcd\/([A-Za-z]+)\.([A-Za-z]+)\/3_([0-9]) .*/ok - contract: etcd 3.\3: \1 \2/p' \
  -e 's/^\[  FAILED  \] Etcd\/([A-Za-z]+)\.([A-Za-z]+)\/3_([0-9]).* \(.*/not ok - contract: etcd 3.\3: \1 \2/p' log
if ((code != 0)); then
  grep -vE '^\[( RUN  |   OK |-----|=====)' log | head -n 200
fi
exit "$code"
