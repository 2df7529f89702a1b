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
// on, until all are answered. The error is that of ctx.
func (r *Resolver) ask(ctx context.Context, first int, qs []*question) error {
	for i := first; ctx.Err() == nil; i++ {
		try, cancel := context.WithTimeout(ctx, r.resend)
		err := askUDP(try, r.Servers[i%len(r.Servers)], qs)
		if last := (i-first+1)%len(r.Servers) == 0; err != nil && last {
			<-try.Done() // servers that refuse are not asked again at once
		}
		cancel()
		if err == nil {
			return nil
		}
	}
	return ctx.Err()
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

// maxAliases is nginx's NGX_RESOLVER_MAX_RECURSION.
const maxAliases = 50

// lookup asks for the addresses of a host, going on with its alias if there are
// none. ttl is how long they are good for.
func (r *Resolver) lookup(ctx context.Context, host string) (addrs []netip.Addr, ttl time.Duration, err error) {
	first := int(r.turn.Add(1)-1) % len(r.Servers)
	ttl = -1
	for range maxAliases {
		var qs []*question
		for _, t := range []struct {
			on bool
			recordType
		}{{r.IPv4, typeA}, {r.IPv6, typeAAAA}} {
			if !t.on {
				continue
			}
			q, err := appendQuery(nil, uint16(rand.Uint32()), host, t.recordType)
			if err != nil {
				return nil, 0, &Error{host, FormatError}
			}
			qs = append(qs, &question{query: q})
		}
		if err := r.ask(ctx, first, qs); err != nil {
			return nil, 0, timeout(host, err)
		}
		code, alias := 0, ""
		for _, q := range qs {
			addrs = append(addrs, q.addrs...)
			if q.code != 0 {
				code = q.code
			} else if q.ttl >= 0 && (ttl < 0 || q.ttl < ttl) {
				ttl = q.ttl
			}
			if q.turn == len(qs) { // nginx forgets those of earlier answers
				alias = q.alias
			}
		}
		switch {
		case code != 0: // of either answer, whatever the other says
			return nil, 0, &Error{host, code}
		case len(addrs) > 0:
			return addrs, max(ttl, 0), nil
		case alias != "":
			host = alias
		default:
			return nil, 0, &Error{host, NotFound}
		}
	}
	return nil, 0, &Error{host, NotFound}
}

func timeout(host string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{host, TimedOut}
	}
	return err
}
