package listen

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// An intOption is one setsockopt of an open socket.
type intOption struct {
	name       string
	level, opt int
	v          int
	want       bool
}

// configure sets the options that an open socket may change. Failures are logged,
// and ignored, as in nginx. fresh says that the socket was opened with o.
func (d *descriptor) configure(o, old *Options, fresh bool, log Log) {
	fd := int(d.file.Fd())
	k := &o.KeepAlive
	options := [...]intOption{
		{"SO_REUSEPORT", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1, !fresh && o.ReusePort && !old.ReusePort},
		{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, o.RcvBuf, o.RcvBuf > 0},
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, o.SndBuf, o.SndBuf > 0},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, boolInt(k.Mode == On), k.Mode != Unset},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(k.Idle), k.Idle > 0},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(k.Intvl), k.Intvl > 0},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, k.Cnt, k.Cnt > 0},
		{"TCP_FASTOPEN", unix.IPPROTO_TCP, unix.TCP_FASTOPEN, o.FastOpen, o.FastOpen > 0 || o.FastOpen != old.FastOpen},
	}
	for _, p := range options {
		if !p.want {
			continue
		}
		if err := unix.SetsockoptInt(fd, p.level, p.opt, p.v); err != nil {
			arg := fmt.Sprintf("%s, %d", p.name, p.v)
			if p.name == "SO_REUSEPORT" {
				arg = p.name
			}
			log("alert", (&Error{fmt.Sprintf("setsockopt(%s) %s failed, ignored", arg, o.Addr), err}).Error())
		}
	}
	if !fresh && !o.datagrams() && o.backlog() != old.backlog() {
		if err := unix.Listen(fd, o.backlog()); err != nil {
			log("alert", (&Error{fmt.Sprintf("listen() to %s, backlog %d failed, ignored", o.Addr, o.backlog()), err}).Error())
		}
	}
	if o.DeferAccept != (old.DeferAccept && !fresh) {
		// The kernel does not tell how long a connection has been queued: a second, as in nginx.
		v := boolInt(o.DeferAccept)
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, v); err != nil {
			log("alert", (&Error{fmt.Sprintf("setsockopt(TCP_DEFER_ACCEPT, %d) for %s failed, ignored", v, o.Addr), err}).Error())
		}
	}
	if o.Network == "udp" {
		d.packetInfo(fd, o, log)
	}
}

// packetInfo makes a UDP socket on a wildcard address tell where a packet was sent
// to, so that the answer can come from there.
func (d *descriptor) packetInfo(fd int, o *Options, log Log) {
	if !d.local.Addr.Addr().IsUnspecified() {
		return
	}
	name, level, opt := "IP_PKTINFO", unix.IPPROTO_IP, unix.IP_PKTINFO
	if d.local.Addr.Addr().Is6() {
		name, level, opt = "IPV6_RECVPKTINFO", unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO
	}
	if err := unix.SetsockoptInt(fd, level, opt, 1); err != nil {
		log("alert", (&Error{"setsockopt(" + name + ") for " + o.Addr + " failed, ignored", err}).Error())
	}
}

// allowReuse lets another socket be bound to the address.
func (d *descriptor) allowReuse(o *Options, log Log) {
	if err := unix.SetsockoptInt(int(d.file.Fd()), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		log("alert", (&Error{"setsockopt(SO_REUSEPORT) " + o.Addr + " failed, ignored", err}).Error())
	}
}

func seconds(d time.Duration) int { return int(d / time.Second) }
