#!/bin/sh
# Gives a user of the door a new password, and prints it: sh add-user.sh htpasswd alice
#
# The password is 192 random bits, so a fast hash keeps it as well as a slow one would; nginx computes it anew for each
# request, and a slow one would cost each of them milliseconds.
set -eu

file=$1
name=$2
case $name in
'' | *[!A-Za-z0-9._@+-]*)
    echo "add-user: a name has letters of ASCII, digits and . _ @ + - only" >&2
    exit 2
    ;;
esac

password=$(openssl rand -hex 24)
hash=$(printf %s "$password" | openssl dgst -sha1 -binary | openssl base64)
others=$(if [ -e "$file" ]; then awk -F : -v name="$name" '$1 != name' "$file"; fi)
printf '%s' "${others:+$others
}$name:{SHA}$hash
" >"$file"
printf '%s\n' "$password"
