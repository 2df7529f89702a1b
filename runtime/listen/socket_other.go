//go:build !linux

package listen

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"understudy/runtime/conn"
)

const acceptCall = "accept"

// A descriptor is an open listening socket. Away from Linux net opens it: it has
// the system's backlog, and none of the options of listen.
type descriptor struct {
	ln     net.Listener
	packet net.PacketConn
}

func openSocket(o *Options, reuse bool, s *Set) (*descriptor, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	d := &descriptor{}
	addr, network := o.place(), o.Network
	if p := o.path(); p != "" {
		addr = p
	} else if addr[0] == '[' {
		network += "6"
	} else {
		network += "4"
	}
	var err error
	if o.datagrams() {
		d.packet, err = lc.ListenPacket(context.Background(), network, addr)
	} else {
		d.ln, err = lc.Listen(context.Background(), network, addr)
	}
	if err != nil {
		return nil, &Error{"bind() to " + o.place() + " failed", err}
	}
	if u, ok := d.ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
		os.Chmod(o.path(), 0o666)
	}
	return d, nil
}

func (d *descriptor) accept() (*conn.Conn, error) {
	nc, err := d.ln.Accept()
	if err != nil {
		return nil, err
	}
	return conn.New(nc), nil
}

func (d *descriptor) deadline(t time.Time) {
	if l, ok := d.ln.(interface{ SetDeadline(time.Time) error }); ok {
		l.SetDeadline(t)
	}
}

func (d *descriptor) interrupt() { d.deadline(time.Unix(1, 0)) }
func (d *descriptor) resume()    { d.deadline(time.Time{}) }

func (d *descriptor) close() {
	if d.packet != nil {
		d.packet.Close()
		return
	}
	d.ln.Close()
}

func (d *descriptor) configure(o, old *Options, fresh bool, log Log) {}

func (d *descriptor) allowReuse(o *Options, log Log) {}

func (d *descriptor) inheritable() *os.File { return nil }

func adoptDescriptor(fd int) (Options, *descriptor, error) {
	return Options{}, nil, &Error{"getsockname() of the inherited socket failed", errors.Join(errors.ErrUnsupported, syscall.EINVAL)}
}
