"""Asks Gatehouse whether a user has a permission:  python3 check.py <user_id> <permission>

Needs: pip install -r requirements.txt && ./generate.sh
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "gen"))

import grpc
from gatehouse.v1 import decision_pb2, decision_pb2_grpc

ADDRESS = os.environ.get("GATEHOUSE_GRPC_ADDR", "127.0.0.1:8481")  # or unix:/run/gatehouse.sock
DEADLINE_S = float(os.environ.get("GATEHOUSE_DEADLINE_MS", "250")) / 1000
KEY = os.environ.get("GATEHOUSE_KEY")

if not KEY or len(sys.argv) != 3:
    print("usage: GATEHOUSE_KEY=ghk_... python3 check.py <user_id> <permission>", file=sys.stderr)
    sys.exit(2)

# One channel for the life of the application: it keeps the connection and makes it anew after a loss.
channel = grpc.insecure_channel(ADDRESS)
decisions = decision_pb2_grpc.DecisionServiceStub(channel)


def check(request: decision_pb2.CheckRequest) -> decision_pb2.CheckResponse:
    """Never raises: an error, a late answer and a lost sidecar are denials (fail closed)."""
    try:
        return decisions.Check(request, timeout=DEADLINE_S, metadata=[("authorization", f"Bearer {KEY}")])
    except grpc.RpcError as error:
        print(f"denied for want of an answer: {error.code().name}: {error.details()}", file=sys.stderr)
        return decision_pb2.CheckResponse(allowed=False, reason=error.code().name)


decision = check(decision_pb2.CheckRequest(user_id=sys.argv[1], permission=sys.argv[2]))
print(f"allowed={str(decision.allowed).lower()} reason={decision.reason}")
channel.close()
sys.exit(0 if decision.allowed else 1)
