package main

import (
	"context"
	"net"
)

// listenDatagrams starts a backend that sends each datagram back.
func listenDatagrams() (*net.UDPConn, error) {
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := pc.ReadFromUDPAddrPort(b)
			if err != nil {
				return // closed
			}
			pc.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	return pc, nil
}

// datagrams measures datagrams through the stream module and back: a session for
// each client, which has one datagram at a time under way.
func datagrams(ctx context.Context, r *run) (map[metric]float64, error) {
	s, err := r.start(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	clients := make(pack, r.connections)
	for i := range clients {
		if clients[i], err = net.Dial("udp", s.stream); err != nil {
			return nil, err
		}
		defer clients[i].Close()
	}
	if _, err := echo(ctx, clients, r.requests/10+len(clients), r.limit/4); err != nil {
		return nil, err
	}
	before, err := usage(s.pid())
	if err != nil {
		return nil, err
	}
	got, err := echo(ctx, clients, r.requests, r.limit)
	if err != nil {
		return nil, err
	}
	after, err := usage(s.pid())
	return map[metric]float64{
		cpuPerRequest: micros(after.cpu-before.cpu) / float64(got.requests),
		perSecond:     float64(got.requests) / got.took.Seconds(),
		p99:           micros(got.p99),
		memory:        float64(after.rss) / (1 << 20),
	}, err
}
