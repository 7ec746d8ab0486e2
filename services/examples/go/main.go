// A small client: makes a graph, starts a run, watches it, prints what it found, and says what is wrong when something is.
//
//	services/examples/go/generate && go run . -cluster 127.0.0.1:7070
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"time"

	pb "lawine.dev/examples/go/lawinev1"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

func main() {
	var o Options
	flag.StringVar(&o.Address, "cluster", "127.0.0.1:7070", "HOST:PORT of the coordinator")
	flag.StringVar(&o.CAFile, "tls-ca", "", "file with the CA of the public port")
	flag.StringVar(&o.ServerName, "tls-server-name", "", "name expected in the certificate")
	flag.StringVar(&o.TokenFile, "token-file", "", "file with the token")
	graph := flag.String("graph", "go-example", "name of the graph, made if it is not there")
	members := flag.Uint("members", 20000, "its members")
	forward := flag.Float64("forward", 0.1, "probability that a member forwards")
	timeout := flag.Duration("timeout", 10*time.Minute, "how long all may take")
	flag.Parse()
	count, err := membersCount(*members)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: -members:", err)
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	if err := simulate(ctx, o, *graph, count, *forward); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// membersCount refuses what the wire would cut off.
func membersCount(members uint) (uint32, error) {
	if uint64(members) > math.MaxUint32 {
		return 0, fmt.Errorf("expected at most %d, found %d", uint32(math.MaxUint32), members)
	}
	return uint32(members), nil
}

func simulate(ctx context.Context, o Options, graph string, members uint32, forward float64) error {
	channel, err := Dial(o)
	if err != nil {
		return err
	}
	defer channel.Close()
	if err := ensureGraph(ctx, pb.NewGraphServiceClient(channel), graph, members); err != nil {
		return err
	}
	runs := pb.NewSimulationServiceClient(channel)
	name, err := start(ctx, runs, graph, forward)
	if err != nil {
		return err
	}
	if err := watch(ctx, runs, name); err != nil {
		return err
	}
	result, err := runs.GetRunResult(ctx, &pb.GetRunResultRequest{Name: name})
	if err != nil {
		return FailureOf(err)
	}
	totals := result.GetResult().GetTotals()
	fmt.Printf("reach %d, deliveries %d, digest %s\n", totals.GetReach(), totals.GetDeliveries(), result.GetResult().GetDigest())
	return nil
}

// ensureGraph makes the graph unless it is there.
func ensureGraph(ctx context.Context, graphs pb.GraphServiceClient, name string, members uint32) error {
	_, err := graphs.GetGraph(ctx, &pb.GetGraphRequest{Name: name})
	if err == nil {
		return nil
	}
	if failure := FailureOf(err); failure.Code != codes.NotFound {
		return failure
	}
	request := &pb.CreateGraphRequest{Name: name, Preset: "hyves", Members: proto.Uint32(members), RequestId: NewRequestID()}
	return Persistently(ctx, func() error {
		stream, err := graphs.CreateGraph(ctx, request)
		return drain(stream, err, func(r *pb.CreateGraphResponse) {
			if p := r.GetProgress(); p != nil {
				fmt.Fprintf(os.Stderr, "%s: %d of %d links\n", p.GetPhase(), p.GetLinksDone(), p.GetLinksExpected())
			}
		})
	})
}

// start begins a run. The request id makes it one run, however often the call is repeated.
func start(ctx context.Context, runs pb.SimulationServiceClient, graph string, forward float64) (string, error) {
	request := &pb.CreateRunRequest{RequestId: NewRequestID(), Scenario: &pb.Scenario{
		Graph: graph, SeedMembers: &pb.SeedMembers{Audience: proto.Uint32(100)}, RunSeed: proto.Uint64(1),
		Model: &pb.Model{Model: &pb.Model_Forward{Forward: &pb.ForwardModel{Probability: proto.Float64(forward)}}},
	}}
	var name string
	err := Persistently(ctx, func() error {
		response, err := runs.CreateRun(ctx, request)
		name = response.GetRun().GetName()
		return err
	})
	return name, err
}

// watch prints steps as they happen. A stream that breaks is taken up after the last step seen.
func watch(ctx context.Context, runs pb.SimulationServiceClient, name string) error {
	seen := uint32(0)
	var last *pb.Run
	err := Persistently(ctx, func() error {
		stream, err := runs.WatchRun(ctx, &pb.WatchRunRequest{Name: name, AfterSteps: seen})
		return drain(stream, err, func(r *pb.WatchRunResponse) {
			if step := r.GetStep(); step != nil {
				seen++
				fmt.Printf("step %d: %d deliveries, %d new members\n", step.GetStep(), step.GetDeliveries(), step.GetFirstReceipts())
			}
			if r.GetRun() != nil {
				last = r.GetRun()
			}
		})
	})
	if err == nil && last.GetState() != pb.RunState_RUN_STATE_SUCCEEDED {
		return fmt.Errorf("%s ended %s: %s", name, last.GetState(), last.GetError())
	}
	return err
}

// drain hands over the messages of a stream until its end.
func drain[M any](stream grpc.ServerStreamingClient[M], err error, take func(*M)) error {
	for err == nil {
		var message *M
		if message, err = stream.Recv(); err == nil {
			take(message)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
