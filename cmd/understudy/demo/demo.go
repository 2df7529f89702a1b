// Package demo is what `understudy demo` shows: four WebSocket backends that
// run inside the process, and the site that is served in front of them.
//
// It knows WebSocket (RFC 6455) as far as an echo and a chat need it. It does
// not know the proxy: that reaches the backends over loopback, as it would
// reach any other server.
package demo

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"understudy/testdata/demo"
)

// Files is the site as it stands in testdata/demo: nginx.conf and html/.
var Files fs.FS = demo.Files

// Ports are the ports that nginx.conf names for the backends.
var Ports = [4]uint16{2222, 3333, 4444, 5555}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Backends are the four servers at work.
type Backends struct {
	addrs   []netip.AddrPort
	servers []*http.Server
	hub     *hub
	serving sync.WaitGroup // one per server
	cancel  context.CancelFunc
	once    sync.Once // closes
}

// Start starts the backends on loopback, each on its port of Ports, or on a
// free one where that is taken: Write then writes a configuration that says
// so. They run until ctx is done or Close is called.
func Start(ctx context.Context) (*Backends, error) {
	b := &Backends{hub: newHub()}
	ctx, b.cancel = context.WithCancel(ctx)
	for _, port := range Ports {
		ln, port, err := listen(port)
		if err != nil {
			b.Close()
			return nil, fmt.Errorf("demo backend: %w", err)
		}
		s := &http.Server{
			Handler:           &backend{name: fmt.Sprintf("backend %d", port), hub: b.hub},
			ReadHeaderTimeout: 10 * time.Second,
		}
		b.addrs = append(b.addrs, netip.AddrPortFrom(loopback, port))
		b.servers = append(b.servers, s)
		b.serving.Go(func() { s.Serve(ln) }) // its only error after Listen is that it was closed
	}
	context.AfterFunc(ctx, b.Close)
	return b, nil
}

// listen listens on a port of loopback, or on a free one where that cannot be
// had: it is taken, or reserved, and each system says so in its own way.
func listen(port uint16) (net.Listener, uint16, error) {
	ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		ln, err = net.Listen("tcp4", "127.0.0.1:0")
	}
	if err != nil {
		return nil, 0, err
	}
	return ln, uint16(ln.Addr().(*net.TCPAddr).Port), nil
}

// Addrs returns where the backends listen, in the order of Ports.
func (b *Backends) Addrs() []netip.AddrPort { return b.addrs }

// Close stops the backends and waits until nothing of them runs.
func (b *Backends) Close() {
	b.cancel()
	b.once.Do(func() {
		for _, s := range b.servers {
			s.Close()
		}
		b.serving.Wait()
		b.hub.close()
	})
}
