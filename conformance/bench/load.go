package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A load is GET requests for one path over connections that stay open, each
// with one request at a time.
type load struct {
	addr, path  string
	secure      bool // by TLS
	size        int  // of each answer's body
	connections int
	requests    int           // in all, at most
	limit       time.Duration // at most
}

// An outcome is what a load measured.
type outcome struct {
	requests int
	took     time.Duration
	p99      time.Duration
}

// run puts the load on. Every answer is checked; the first wrong one ends it.
func (l *load) run(ctx context.Context) (outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conns := make([]net.Conn, l.connections)
	for i := range conns {
		conn, err := dial(ctx, l.addr, l.secure)
		if err != nil {
			return outcome{}, err
		}
		defer conn.Close()
		conns[i] = conn
	}
	var (
		left    atomic.Int64
		took    = make([][]time.Duration, len(conns))
		wg      sync.WaitGroup
		begin   = time.Now()
		request = []byte("GET " + l.path + " HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
	)
	left.Store(int64(l.requests))
	for i, conn := range conns {
		conn.SetDeadline(begin.Add(l.limit + 10*time.Second))
		wg.Go(func() {
			in := bufio.NewReaderSize(conn, 64<<10)
			for ctx.Err() == nil && left.Add(-1) >= 0 {
				sent := time.Now()
				if sent.Sub(begin) > l.limit {
					return
				}
				_, err := conn.Write(request)
				if err == nil {
					err = readAnswer(in, l.size)
				}
				if err != nil {
					cancel(fmt.Errorf("GET %s: %w", l.path, err))
					return
				}
				took[i] = append(took[i], time.Since(sent))
			}
		})
	}
	wg.Wait()
	all := slices.Concat(took...)
	if err := context.Cause(ctx); err != nil {
		return outcome{}, err
	}
	if len(all) == 0 {
		return outcome{}, fmt.Errorf("GET %s: no request in %v", l.path, l.limit)
	}
	slices.Sort(all)
	return outcome{len(all), time.Since(begin), all[len(all)*99/100]}, nil
}

// readAnswer reads an answer of HTTP/1.1 that must be 200, keep the connection
// and have size bytes of body.
func readAnswer(in *bufio.Reader, size int) error {
	length := -1
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		switch {
		case first:
			if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
				return fmt.Errorf("got %q", line)
			}
		case len(name) == 0:
			if length != size {
				return fmt.Errorf("got Content-Length %d, want %d", length, size)
			}
			n, err := in.Discard(size)
			if err == io.EOF {
				return fmt.Errorf("got %d bytes of %d", n, size)
			}
			return err
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("close")):
			return fmt.Errorf("the server closes the connection")
		}
	}
}
