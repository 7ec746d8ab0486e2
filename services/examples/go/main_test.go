package main

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func busy(t *testing.T, wait time.Duration) error {
	return comeBack(t, codes.ResourceExhausted, "QUEUE_FULL", wait)
}

// comeBack is a failure whose details say when to try again.
func comeBack(t *testing.T, code codes.Code, reason string, wait time.Duration) error {
	s, err := status.New(code, "not now").WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "lawine"},
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

func TestOnlyLimitsThatSayWhenToComeBackPass(t *testing.T) {
	lasting, err := status.New(codes.ResourceExhausted, "never").WithDetails(&errdetails.ErrorInfo{Reason: "RUN_QUOTA", Domain: "lawine"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err     error
		passing bool
	}{
		{lasting.Err(), false},
		{busy(t, time.Second), true},
		{comeBack(t, codes.Aborted, "STILL_GOING_ON", time.Second), true},
		{status.Error(codes.Aborted, "another write came first"), false},
		{status.Error(codes.Unavailable, "starting"), true},
	} {
		if failure := FailureOf(c.err); failure.Passing() != c.passing {
			t.Errorf("%v: expected passing %t, found %t", failure, c.passing, failure.Passing())
		}
	}
}

func TestCountsOfMembersAreNotCutOff(t *testing.T) {
	if count, err := membersCount(math.MaxUint32); err != nil || count != math.MaxUint32 {
		t.Errorf("expected %d, found %d and %v", uint32(math.MaxUint32), count, err)
	}
	if count, err := membersCount(math.MaxUint32 + 1); err == nil {
		t.Errorf("expected a refusal, found %d", count)
	}
}

func TestTheContextEndsRepetition(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := Persistently(ctx, func() error { return busy(t, time.Millisecond) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("expected the deadline, found %v", err)
	}
}

func TestTokensStayOffOpenConnections(t *testing.T) {
	if _, err := Dial(Options{Address: "example.org:7070", TokenFile: "token"}); err == nil {
		t.Fatal("expected a refusal")
	}
}
