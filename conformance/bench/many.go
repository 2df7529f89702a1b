package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// active measures messages over a few of many open tunnels: what the others cost
// those that work.
func active(to via) func(context.Context, *run) (map[metric]float64, error) {
	return func(ctx context.Context, r *run) (map[metric]float64, error) {
		s, err := r.start(ctx)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		addr, _ := to(s)
		open, err := openTunnels(ctx, addr, affordable(r.many))
		defer open.close()
		if err != nil {
			return nil, err
		}
		settledUse, err := settled(ctx, s.pid())
		if err != nil {
			return nil, err
		}
		got, err := echo(ctx, open[:len(open)/100], r.requests, r.limit)
		if err != nil {
			return nil, err
		}
		after, err := usage(s.pid())
		return map[metric]float64{
			cpuPerRequest: micros(after.cpu-settledUse.cpu) / float64(got.requests),
			perSecond:     float64(got.requests) / got.took.Seconds(),
			p99:           micros(got.p99),
			memory:        float64(after.rss) / (1 << 20),
		}, err
	}
}

// affordable is n, or as many tunnels as there may be with two open files each, here
// and in the server, and some for the rest.
func affordable(n int) int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return n
	}
	return min(n, max(100, int(min(l.Cur, 1<<30)-1000)/2))
}

// echo sends messages over each of the tunnels, one at a time, and reads them back.
func echo(ctx context.Context, tunnels pack, messages int, limit time.Duration) (outcome, error) {
	took := make([][]time.Duration, len(tunnels))
	errs := make([]error, len(tunnels))
	begin := time.Now()
	var wg sync.WaitGroup
	for i, c := range tunnels {
		wg.Go(func() { took[i], errs[i] = echoOne(ctx, c, max(messages/len(tunnels), 1), begin.Add(limit)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return outcome{}, err
		}
	}
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	if len(all) == 0 {
		return outcome{}, fmt.Errorf("no message in %v", limit)
	}
	return outcome{len(all), time.Since(begin), all[len(all)*99/100]}, nil
}

func echoOne(ctx context.Context, c net.Conn, messages int, end time.Time) (took []time.Duration, err error) {
	c.SetDeadline(end.Add(10 * time.Second))
	message := append([]byte("\x82\xbc\x00\x00\x00\x00"), make([]byte, 60)...) // a masked binary frame
	back := make([]byte, len(message))
	for range messages {
		sent := time.Now()
		if sent.After(end) || ctx.Err() != nil {
			break
		}
		if _, err = c.Write(message); err == nil {
			_, err = io.ReadFull(c, back)
		}
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(sent))
	}
	return took, nil
}
