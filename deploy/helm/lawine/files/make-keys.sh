#!/bin/sh
# Makes Secrets that are not there: a CA, a certificate for connections inside the cluster, one for the public port, and
# tokens. Makes certificates anew that are due, are not the CA's, or lack a name. Touches nothing else; run it as often as
# you like. What is there is mounted below /now; the account may create Secrets and patch the certificates', not read.
set -eu
umask 077
now=${NOW_DIR:-/now}
account=${ACCOUNT_DIR:-/var/run/secrets/kubernetes.io/serviceaccount}
api=${API_SERVER:-https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

say() { printf '%s\n' "$*" >&2; }

# request METHOD PATH TYPE BODY: prints the status code.
request() {
  curl --silent --show-error --max-time 30 --retry 3 --retry-connrefused \
    --cacert "$account/ca.crt" --header @header --header "Content-Type: $3" \
    --output answer --write-out '%{http_code}' --request "$1" --data-binary "@$4" "$api/api/v1/namespaces/$NAMESPACE/secrets$2"
}

# data FILE...: the members of a Secret's data; a file's name is its key.
data() {
  comma=""
  for file in "$@"; do
    printf '%s"%s":"%s"' "$comma" "$(basename "$file")" "$(base64 -w0 <"$file")"
    comma=,
  done
}

# store SECRET TYPE FILE...: creates it, or replaces what a certificate's Secret holds.
store() {
  secret=$1 type=$2
  shift 2
  labels="\"app.kubernetes.io/name\":\"lawine\",\"app.kubernetes.io/instance\":\"$INSTANCE\""
  printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"%s","labels":{%s}},"type":"%s","data":{%s}}' \
    "$secret" "$labels" "$type" "$(data "$@")" >body
  code=$(request POST "" application/json body)
  if [ "$code" = 409 ] && [ "$type" = kubernetes.io/tls ] && [ "$secret" != "$CA_SECRET" ]; then
    printf '{"data":{%s}}' "$(data "$@")" >body
    code=$(request PATCH "/$secret" application/merge-patch+json body)
  fi
  case $code in
    200 | 201) say "stored Secret $secret" ;;
    409) say "Secret $secret appeared meanwhile: trying again"; exit 1 ;;
    *) say "Secret $secret: the API server answered $code: $(head -c 400 answer)"; exit 1 ;;
  esac
}

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

make_ca() {
  mkdir ca
  if [ -s "$now/ca/tls.crt" ]; then
    cp "$now/ca/tls.crt" "$now/ca/tls.key" ca/
    return
  fi
  new_key ca/tls.key
  # A name in a subject has at most 64 characters, a namespace up to 63 and a release 53: each in one of its own.
  openssl req -x509 -new -key ca/tls.key -sha256 -days 3650 -subj "/O=lawine/OU=$NAMESPACE/CN=lawine $INSTANCE" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca/tls.crt
  store "$CA_SECRET" kubernetes.io/tls ca/tls.crt ca/tls.key
}

# entries NAMES: each as a certificate has it, sorted, a line each. Clients look for an address among addresses only.
entries() { printf '%s' "$1" | tr ',' '\n' | sed -E -e 's/^[0-9.]+$/IP:&/' -e t -e 's/^/DNS:/' | sort; }

# entries_of CERTIFICATE: the same of one that is there.
entries_of() {
  openssl x509 -in "$1" -noout -ext subjectAltName | tr ',' '\n' | sed -n -e 's/^ *DNS:/DNS:/p' -e 's/^ *IP Address:/IP:/p' | sort
}

# why_due CERTIFICATE NAMES: a reason, or nothing when the certificate will do.
why_due() {
  if [ ! -s "$1" ]; then echo "there is none"; return; fi
  if ! openssl x509 -in "$1" -noout -checkend $((RENEW_BEFORE_DAYS * 86400)) >/dev/null; then
    echo "it ends within $RENEW_BEFORE_DAYS days"
  elif ! openssl verify -CAfile ca/tls.crt "$1" >/dev/null 2>&1; then
    echo "another CA signed it"
  elif [ "$(entries_of "$1")" != "$(entries "$2")" ]; then
    echo "its names have changed"
  fi
}

# certificate DIR SECRET NAMES USAGES
certificate() {
  reason=$(why_due "$now/$1/tls.crt" "$3")
  if [ -z "$reason" ]; then say "Secret $2 will do"; return; fi
  say "making Secret $2: $reason"
  mkdir "$1"
  new_key "$1/tls.key"
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' \
    "$4" "$(entries "$3" | paste -sd, -)" >"$1.extensions"
  openssl req -new -key "$1/tls.key" -subj "/CN=lawine $1" -out "$1.request"
  openssl x509 -req -in "$1.request" -CA ca/tls.crt -CAkey ca/tls.key -set_serial "0x$(openssl rand -hex 16)" -sha256 \
    -days "$DAYS" -extfile "$1.extensions" -out "$1/tls.crt" 2>/dev/null
  cp ca/tls.crt "$1/ca.crt"
  store "$2" kubernetes.io/tls "$1/tls.crt" "$1/tls.key" "$1/ca.crt"
}

tokens() {
  if [ -s "$now/tokens/tokens" ]; then say "Secret $TOKENS_SECRET will do"; return; fi
  mkdir tokens
  for role in read run admin; do
    openssl rand -hex 32 | tr -d '\n' >"tokens/$role"
    printf '%s %s %s\n' "$role" "$role" "$(sha256sum <"tokens/$role" | cut -d' ' -f1)" >>tokens/tokens
  done
  store "$TOKENS_SECRET" Opaque tokens/tokens tokens/read tokens/run tokens/admin
}

{
  printf 'Authorization: Bearer '
  cat "$account/token"
} >header
CA_SECRET=${CA_SECRET:-}
if [ -n "$CA_SECRET" ]; then
  make_ca
  certificate internal "$INTERNAL_SECRET" "$INTERNAL_NAMES" serverAuth,clientAuth
  certificate public "$PUBLIC_SECRET" "$PUBLIC_NAMES" serverAuth
fi
if [ -n "${TOKENS_SECRET:-}" ]; then tokens; fi
