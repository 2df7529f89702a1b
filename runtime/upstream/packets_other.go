//go:build !linux

package upstream

import "context"

// DialPackets connects to p for datagrams. Errors are as those of Dial.
func (g *Group) DialPackets(p *Peer, o DialOptions) (*Conn, error) {
	o.Datagram = true
	return g.Dial(context.Background(), p, o)
}
