package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func busy(t *testing.T, wait time.Duration) error {
	s, err := status.New(codes.ResourceExhausted, "busy").WithDetails(&errdetails.ErrorInfo{Reason: "QUEUE_FULL", Domain: "lawine"},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestPassingFailuresAreRepeatedAsTheServerAsks(t *testing.T) {
	calls, begun := 0, time.Now()
	err := Persistently(context.Background(), func() error {
		if calls++; calls == 1 {
			return busy(t, 300*time.Millisecond)
		}
		return nil
	})
	if err != nil || calls != 2 || time.Since(begun) < 300*time.Millisecond {
		t.Fatalf("expected a second call after 300 ms, found %d calls after %v: %v", calls, time.Since(begun), err)
	}
}

func TestOtherFailuresAreNot(t *testing.T) {
	calls := 0
	err := Persistently(context.Background(), func() error { calls++; return status.Error(codes.InvalidArgument, "no") })
	var failure *Failure
	if !errors.As(err, &failure) || failure.Code != codes.InvalidArgument || calls != 1 {
		t.Fatalf("expected one call and INVALID_ARGUMENT, found %d and %v", calls, err)
	}
}

func TestTheContextEndsRepetition(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := Persistently(ctx, func() error { return busy(t, 0) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("expected the deadline, found %v", err)
	}
}

func TestTokensStayOffOpenConnections(t *testing.T) {
	if _, err := Dial(Options{Address: "example.org:7070", TokenFile: "token"}); err == nil {
		t.Fatal("expected a refusal")
	}
}
