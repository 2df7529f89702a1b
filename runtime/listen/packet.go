package listen

import "net"

// NextSerial returns a number for $connection that nothing else has.
func (k *Socket) NextSerial() uint64 { return k.set.Serial.Add(1) }

// datagrams reports whether the socket is one of datagrams.
func (o *Options) datagrams() bool { return o.Network == "udp" || o.Network == "unixgram" }

// UDP returns the socket of network "udp" for reading and writing packets. Each
// call returns a connection of its own to the same socket, to be closed by the
// caller, so that one generation can end its reads while the next reads on.
func (k *Socket) UDP() (*net.UDPConn, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, net.ErrClosed
	}
	return k.fd.udp()
}
