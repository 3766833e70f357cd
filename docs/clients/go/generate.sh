#!/bin/sh
# Generates the Go code of Gatehouse's API into ./gen. Needs Go and Node; generators that are not on PATH are built into ./.bin.
set -eu
cd "$(dirname "$0")"
export GOBIN="$PWD/.bin"
PATH="$GOBIN:$PATH"
command -v protoc-gen-go >/dev/null || go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
command -v protoc-gen-go-grpc >/dev/null || go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
command -v buf >/dev/null || buf() { npx --yes @bufbuild/buf@1 "$@"; }
proto="${GATEHOUSE_PROTO:-../../../proto}"
buf generate "$proto" --path "$proto/gatehouse/v1/decision.proto"
