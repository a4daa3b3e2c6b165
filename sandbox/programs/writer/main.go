// A client of etcd as the backend is one: it has the endpoints of all members, and writes all the
// time. It measures the time between acknowledged writes, and proves at the end that each is there.
//
//	writer [--every 10ms] [--again 50ms] [--timeout 500ms] [--tell 1h] [--dns ADDRESS] HOST:PORT…
//
// A write that has no answer after --again is sent once more, to another member, and the first answer counts:
// so what is measured is etcd's availability, and not the client's patience. A proposal that a follower hands
// to a leader which is just handing over its leadership is dropped in silence, and a client that waits for it
// waits for as long as it has patience (raft.go, stepLeader, MsgProp while leadTransferee is set).
//
// Names are looked up at every connection, at the given name server: a member's address changes
// with its pod. The line "writing" on stdout tells that the first write was acknowledged; on SIGTERM
// or SIGINT it ends, prints one line of JSON, and deletes its keys. It exits with 1 when an
// acknowledged write is missing.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// Keys of its own, so that each acknowledged write stays to be seen.
const prefix = "etcd-deploy-writer/"

type report struct {
	Acknowledged int     `json:"acknowledged"`
	Failed       int     `json:"failed"`
	Lost         int     `json:"lost"`
	LongestGapMs float64 `json:"longestGapMs"`
	GapAtMs      float64 `json:"longestGapAtMs"`
}

type pace struct{ every, again, timeout, tell time.Duration }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func main() {
	every := flag.Duration("every", 10*time.Millisecond, "time between the beginnings of two writes")
	again := flag.Duration("again", 50*time.Millisecond, "how long to wait for an answer before another member is asked, too")
	timeout := flag.Duration("timeout", 500*time.Millisecond, "how long to wait for any answer to a write")
	tell := flag.Duration("tell", time.Hour, "tell of each gap that is longer, on stderr, and what failed meanwhile")
	dns := flag.String("dns", "", "name server, host:port; empty: the system's")
	flag.Parse()
	if err := run(flag.Args(), pace{*every, *again, *timeout, *tell}, *dns); err != nil {
		fmt.Fprintln(os.Stderr, "writer:", err)
		os.Exit(1)
	}
}

func dialer(dns string) func(context.Context, string) (net.Conn, error) {
	resolver := &net.Resolver{PreferGo: true}
	if dns != "" {
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, dns)
		}
	}
	inner := &net.Dialer{Resolver: resolver, Timeout: time.Second}
	return func(ctx context.Context, address string) (net.Conn, error) {
		return inner.DialContext(ctx, "tcp", address)
	}
}

func run(endpoints []string, pace pace, dns string) error {
	if len(endpoints) == 0 {
		return fmt.Errorf("no endpoints are given")
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            endpoints,
		DialKeepAliveTime:    time.Second,
		DialKeepAliveTimeout: 500 * time.Millisecond,
		DialOptions:          []grpc.DialOption{grpc.WithContextDialer(dialer(dns))},
		Logger:               zap.NewNop(),
	})
	if err != nil {
		return err
	}
	defer client.Close()
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	result, acknowledged := write(stop, client, pace)
	if len(acknowledged) == 0 {
		return fmt.Errorf("no write was acknowledged")
	}
	if result.Lost, err = missing(client, acknowledged); err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		return err
	}
	if result.Lost > 0 {
		return fmt.Errorf("%d acknowledged writes are missing", result.Lost)
	}
	return nil
}

// Writes until stopped. A write whose fate is unknown is not tried again: the next one comes at once.
func write(stop context.Context, client *clientv3.Client, pace pace) (report, []int) {
	var result report
	var acknowledged []int
	begin := time.Now()
	last := begin
	gap := func(now time.Time) {
		if length := milliseconds(now.Sub(last)); len(acknowledged) > 0 && length > result.LongestGapMs {
			result.LongestGapMs, result.GapAtMs = length, milliseconds(last.Sub(begin))
		}
	}
	failed := false
	var troubles []string // since the last acknowledgement
	for number := 0; stop.Err() == nil; number++ {
		sent := time.Now()
		err := put(client, prefix+strconv.Itoa(number), strconv.Itoa(number), pace)
		now := time.Now()
		if failed = err != nil; failed {
			result.Failed++
			troubles = append(troubles, fmt.Sprintf("after %v: %v", now.Sub(sent).Round(time.Millisecond), err))
			pause(stop, time.Millisecond) // a refusal comes back at once
			continue
		}
		gap(now)
		if now.Sub(last) > pace.tell && len(acknowledged) > 0 {
			fmt.Fprintf(os.Stderr, "%s: %v without an acknowledged write, the last one took %v; failed: %q\n",
				now.Format("15:04:05.000"), now.Sub(last).Round(time.Millisecond), now.Sub(sent).Round(time.Millisecond), troubles)
		}
		last, troubles = now, nil
		if acknowledged = append(acknowledged, number); len(acknowledged) == 1 {
			fmt.Println("writing")
		}
		pause(stop, pace.every-time.Since(sent))
	}
	if failed { // it is still open
		gap(time.Now())
	}
	result.Acknowledged = len(acknowledged)
	return result, acknowledged
}

// The first acknowledgement of as many tries as there is time for; each goes to the next member. What fails
// at once is tried again at once.
func put(client *clientv3.Client, key, value string, pace pace) error {
	limited, cancel := context.WithTimeout(context.Background(), pace.timeout)
	defer cancel() // of the tries that are still under way
	answers := make(chan error)
	try := func() {
		go func() {
			_, err := client.Put(limited, key, value)
			select {
			case answers <- err:
			case <-limited.Done():
			}
		}()
	}
	try()
	open := 1
	more := time.NewTicker(pace.again)
	defer more.Stop()
	for {
		select {
		case err := <-answers:
			open--
			if err == nil {
				return nil
			}
			if open == 0 {
				return err
			}
		case <-more.C:
			open++
			try()
		case <-limited.Done():
			return limited.Err()
		}
	}
}

func pause(stop context.Context, length time.Duration) {
	if length <= 0 {
		return
	}
	select {
	case <-stop.Done():
	case <-time.After(length):
	}
}

// How many of these are not there, by linearizable reads; deletes all afterwards.
func missing(client *clientv3.Client, acknowledged []int) (int, error) {
	limited, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	found, err := client.Get(limited, prefix, clientv3.WithPrefix())
	if err != nil {
		return 0, fmt.Errorf("reading all again: %w", err)
	}
	there := make(map[string]string, len(found.Kvs))
	for _, kv := range found.Kvs {
		there[string(kv.Key)] = string(kv.Value)
	}
	lost := 0
	for _, number := range acknowledged {
		if text := strconv.Itoa(number); there[prefix+text] != text {
			lost++
		}
	}
	if _, err := client.Delete(limited, prefix, clientv3.WithPrefix()); err != nil {
		return lost, fmt.Errorf("deleting all: %w", err)
	}
	return lost, nil
}
