package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is what a call that failed says beside its message.
type Failure struct {
	Code    codes.Code
	Message string
	Reason  string            // the server's word, such as RUN_TOO_LARGE
	Fields  map[string]string // refused fields by path
	Retry   time.Duration     // when to try again; 0: not said
	Request string            // id to look for in the coordinator's log
}

func (f *Failure) Error() string {
	var about strings.Builder
	fmt.Fprintf(&about, "%s (%s %s)", f.Message, f.Code, f.Reason)
	for path, description := range f.Fields {
		fmt.Fprintf(&about, "\n  %s: %s", path, description)
	}
	return about.String()
}

// FailureOf reads the details of an error of a call; nil for nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	f := &Failure{Code: s.Code(), Message: s.Message(), Fields: map[string]string{}}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			f.Reason = d.GetReason()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				f.Fields[v.GetField()] = v.GetDescription()
			}
		case *errdetails.RetryInfo:
			f.Retry = d.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			f.Request = d.GetRequestId()
		}
	}
	return f
}

// Passing tells whether the same call may succeed in a while: the coordinator starts again, or says when to come back.
func (f *Failure) Passing() bool {
	return f.Code == codes.Unavailable || f.Retry > 0
}

// Persistently calls until it succeeds, the failure is not a passing one, or the context ends; it waits as long as the
// server asks, else twice as long each time, at most 10 s.
func Persistently(ctx context.Context, call func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		failure := FailureOf(call())
		if failure == nil {
			return nil
		}
		if !failure.Passing() {
			return failure
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), failure)
		case <-time.After(max(wait, failure.Retry)):
		}
	}
}
