#!/bin/sh
# Generates the Python code of Gatehouse's API into ./gen. Needs: pip install -r requirements.txt
set -eu
cd "$(dirname "$0")"
mkdir -p gen
python3 -m grpc_tools.protoc -I "${GATEHOUSE_PROTO:-../../../proto}" --python_out=gen --grpc_python_out=gen gatehouse/v1/decision.proto
