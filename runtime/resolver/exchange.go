package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// A question is one query on its way, and then its answer.
type question struct {
	query []byte
	turn  int // of the answer among those to all questions, from 1; 0: not there yet
	answer
}

// resend is after how long without an answer nginx asks the next server.
const resend = 5 * time.Second

// maxUDP is the size of the largest response by UDP (RFC 1035, section 4.2.1).
const maxUDP = 4096

// ask puts the questions to the servers, one after the other from the given one
// on, until all are answered or nobody waits any more.
func (r *Resolver) ask(waiting func() bool, first int, qs []*question) (ok bool) {
	for i := first; i == first || waiting(); i++ {
		try, cancel := context.WithTimeout(context.Background(), r.resend)
		err := askUDP(try, r.Servers[i%len(r.Servers)], qs)
		if last := (i-first+1)%len(r.Servers) == 0; err != nil && last {
			<-try.Done() // servers that refuse are not asked again at once
		}
		cancel()
		if err == nil {
			return true
		}
	}
	return false
}

// askUDP puts what is open of the questions to one server.
func askUDP(ctx context.Context, server netip.AddrPort, qs []*question) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "udp", server.String())
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	open := 0
	for _, q := range qs {
		if q.turn > 0 {
			continue
		}
		open++
		if _, err := c.Write(q.query); err != nil {
			return err
		}
	}
	buf := make([]byte, maxUDP)
	for open > 0 {
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		for _, q := range qs {
			if q.turn > 0 {
				continue
			}
			a, err := parseAnswer(buf[:n], q.query)
			if err != nil {
				continue // not an answer to this question; the others are looked at
			}
			if a.truncated {
				if a, err = askTCP(ctx, server, q.query); err != nil {
					return err
				}
			}
			q.answer, q.turn = a, len(qs)-open+1
			open--
		}
	}
	return nil
}

// askTCP is for answers that do not fit into a datagram.
func askTCP(ctx context.Context, server netip.AddrPort, query []byte) (answer, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", server.String())
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return answer{}, err
	}
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return answer{}, err
	}
	p := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, p); err != nil {
		return answer{}, err
	}
	a, err := parseAnswer(p, query)
	if err == nil && a.truncated {
		err = errMessage
	}
	return a, err
}

// lookup asks for what q asks for. ok tells that there was an answer.
func (r *Resolver) lookup(q query, waiting func() bool) (all records, ok bool) {
	types := []recordType{typeSRV}
	if !q.srv {
		types = types[:0]
		if r.IPv4 {
			types = append(types, typeA)
		}
		if r.IPv6 {
			types = append(types, typeAAAA)
		}
	}
	qs := make([]*question, len(types))
	for i, t := range types {
		text, err := appendQuery(nil, uint16(rand.Uint32()), q.name, t)
		if err != nil {
			return records{code: NotFound}, true
		}
		qs[i] = &question{query: text}
	}
	first := int(r.turn.Add(1)-1) % len(r.Servers)
	if !r.ask(waiting, first, qs) {
		return records{code: TimedOut}, false
	}
	all.ttl = -1
	for _, q := range qs {
		all.addrs = append(all.addrs, q.addrs...)
		all.services = append(all.services, q.services...)
		last := q.turn == len(qs)
		if q.code != 0 && (last || all.code == 0) {
			all.code = q.code // of either answer, whatever the other says
		}
		if q.ttl >= 0 && (all.ttl < 0 || q.ttl < all.ttl) {
			all.ttl = q.ttl
		}
		if last { // nginx forgets aliases of earlier answers
			all.alias = q.alias
		}
	}
	all.ttl = max(all.ttl, 0)
	switch found := len(all.addrs) + len(all.services); {
	case all.code != 0 || found > 0:
		all.alias = ""
	case all.alias == "":
		all.code = NotFound
	}
	return all, true
}

func asTimeout(host string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{host, TimedOut}
	}
	return err
}
