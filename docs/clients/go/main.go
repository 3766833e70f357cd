// Asks Gatehouse whether a user has a permission:  go run . <user_id> <permission>
// Needs: ./generate.sh
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	gatehouse "gatehouse-check/gen/gatehouse/v1"
)

func main() {
	key := os.Getenv("GATEHOUSE_KEY")
	address := cmp.Or(os.Getenv("GATEHOUSE_GRPC_ADDR"), "127.0.0.1:8481") // or unix:/run/gatehouse.sock
	deadline, err := time.ParseDuration(cmp.Or(os.Getenv("GATEHOUSE_DEADLINE_MS"), "250") + "ms")
	if key == "" || len(os.Args) != 3 || err != nil {
		fmt.Fprintln(os.Stderr, "usage: GATEHOUSE_KEY=ghk_... go run . <user_id> <permission>")
		os.Exit(2)
	}
	// One connection for the life of the application: it is made anew after a loss.
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer connection.Close()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+key)

	request := &gatehouse.CheckRequest{UserId: os.Args[1], Permission: os.Args[2]}
	decision := check(ctx, gatehouse.NewDecisionServiceClient(connection), request, deadline)
	fmt.Printf("allowed=%t reason=%s\n", decision.Allowed, decision.Reason)
	if !decision.Allowed {
		os.Exit(1)
	}
}

// check never fails: an error, a late answer and a lost sidecar are denials (fail closed).
func check(ctx context.Context, client gatehouse.DecisionServiceClient, request *gatehouse.CheckRequest, deadline time.Duration) *gatehouse.CheckResponse {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	decision, err := client.Check(ctx, request)
	if err != nil {
		fmt.Fprintln(os.Stderr, "denied for want of an answer:", err)
		return &gatehouse.CheckResponse{Allowed: false, Reason: code.Code(status.Code(err)).String()}
	}
	return decision
}
