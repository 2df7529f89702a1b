package conn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"strconv"
)

// The PROXY protocol, versions 1 and 2:
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

// A ProxyHeader is what a PROXY protocol header says of the connection it stands
// before.
type ProxyHeader struct {
	Src, Dst         string // addresses as text; those of version 1 as they were sent
	SrcPort, DstPort uint16

	tlvs []byte // of version 2
}

// MaxProxyHeader is how long a header may be where nothing else limits it, in bytes.
const MaxProxyHeader = 4096

var proxySignature = []byte("\r\n\r\n\x00\r\nQUIT\n")

// ErrProxyHeader is the error of a version 2 header of which nginx says nothing.
var ErrProxyHeader = errors.New("invalid PROXY protocol header")

// A ProxyError is what is wrong with a header, in nginx's words.
type ProxyError string

func (e ProxyError) Error() string { return string(e) }

// ReadProxyHeader waits for the first bytes of the connection and takes the PROXY
// protocol header off them, which has to be there whole and within limit bytes. It
// does not count in Received. The errors are those of a read, ErrProxyHeader and
// ProxyError.
func (c *Conn) ReadProxyHeader(limit int) error {
	b, err := c.AwaitBuffer(limit)
	if err != nil {
		return err
	}
	defer b.Free()
	p := b.Bytes()
	h, n, err := ParseProxyHeader(p[:min(len(p), limit)])
	c.Received -= int64(n)
	c.Unread(p[n:])
	if h != nil {
		c.ends().proxy = h
	}
	return err
}

// ProxyHeader returns the header that was read, or nil if there was none, or none
// that told addresses.
func (c *Conn) ProxyHeader() *ProxyHeader {
	if c.addrs == nil {
		return nil
	}
	return c.addrs.proxy
}

// ParseProxyHeader reads the header at the start of p and returns its length. It is
// nil if it tells no addresses: UNKNOWN, LOCAL, or a family that nginx does not take.
func ParseProxyHeader(p []byte) (h *ProxyHeader, n int, err error) {
	if len(p) >= 16 && bytes.HasPrefix(p, proxySignature) {
		return parseProxy2(p)
	}
	if rest, ok := bytes.CutPrefix(p, []byte("PROXY ")); ok && len(p) >= 8 {
		if bytes.HasPrefix(rest, []byte("UNKNOWN")) {
			if i := bytes.Index(rest[len("UNKNOWN"):], []byte("\r\n")); i >= 0 {
				return nil, len("PROXY UNKNOWN") + i + 2, nil
			}
		} else if h, n := parseProxy1(rest); h != nil {
			return h, len("PROXY ") + n, nil
		}
	}
	line := p
	if i := bytes.IndexAny(p, "\r\n"); i >= 0 {
		line = p[:i]
	}
	return nil, 0, ProxyError(`broken header: "` + string(line) + `"`)
}

// parseProxy1 reads what follows "PROXY ".
func parseProxy1(p []byte) (*ProxyHeader, int) {
	if len(p) < 5 || !bytes.HasPrefix(p, []byte("TCP")) || p[3] != '4' && p[3] != '6' || p[4] != ' ' {
		return nil, 0
	}
	h := &ProxyHeader{}
	rest := p[5:]
	var ok [4]bool
	h.Src, rest, ok[0] = proxyAddr(rest)
	h.Dst, rest, ok[1] = proxyAddr(rest)
	h.SrcPort, rest, ok[2] = proxyPort(rest, ' ')
	h.DstPort, rest, ok[3] = proxyPort(rest, '\r')
	if ok != [4]bool{true, true, true, true} || len(rest) == 0 || rest[0] != '\n' {
		return nil, 0
	}
	return h, len(p) - len(rest) + 1
}

func proxyAddr(p []byte) (string, []byte, bool) {
	for i, c := range p {
		switch {
		case c == ' ':
			return string(p[:i]), p[i+1:], true
		case c == ':' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f':
		default:
			return "", nil, false
		}
	}
	return "", nil, false
}

func proxyPort(p []byte, sep byte) (uint16, []byte, bool) {
	text, rest, ok := bytes.Cut(p, []byte{sep})
	n, err := strconv.ParseUint(string(text), 10, 16)
	return uint16(n), rest, ok && err == nil && text[0] != '+'
}

func parseProxy2(p []byte) (*ProxyHeader, int, error) {
	if v := p[12] >> 4; v != 2 {
		return nil, 0, ProxyError(fmt.Sprintf("unknown PROXY protocol version: %d", v))
	}
	n := 16 + int(binary.BigEndian.Uint16(p[14:]))
	if n > len(p) {
		return nil, 0, ProxyError("header is too large")
	}
	const proxyCommand, stream = 1, 1
	if p[12]&0xf != proxyCommand || p[13]&0xf != stream {
		return nil, n, nil
	}
	body := p[16:n]
	var size int
	switch p[13] >> 4 {
	case 1:
		size = 4
	case 2:
		size = 16
	default:
		return nil, n, nil
	}
	if len(body) < 2*size+4 {
		return nil, 0, ErrProxyHeader
	}
	src, _ := netip.AddrFromSlice(body[:size])
	dst, _ := netip.AddrFromSlice(body[size : 2*size])
	body = body[2*size:]
	return &ProxyHeader{
		Src: src.String(), Dst: dst.String(),
		SrcPort: binary.BigEndian.Uint16(body), DstPort: binary.BigEndian.Uint16(body[2:]),
		tlvs: bytes.Clone(body[4:]),
	}, n, nil
}

// Types of TLVs by the names that $proxy_protocol_tlv_ has.
var (
	proxyTLVs    = map[string]int{"alpn": 0x01, "authority": 0x02, "unique_id": 0x05, "ssl": 0x20, "netns": 0x30}
	proxySSLTLVs = map[string]int{"version": 0x21, "cn": 0x22, "cipher": 0x23, "sig_alg": 0x24, "key_alg": 0x25}
)

// TLV returns the value of a TLV of version 2 by its name, as in
// $proxy_protocol_tlv_name: "alpn", "ssl_version", "0xea", "ssl_verify". The error
// is what nginx logs.
func (h *ProxyHeader) TLV(name string) (val []byte, ok bool, err error) {
	tlvs, types, key := h.tlvs, proxyTLVs, name
	if len(name) >= 4 && name[:4] == "ssl_" {
		ssl, ok, err := findTLV(tlvs, proxyTLVs["ssl"])
		if !ok || err != nil || len(ssl) < 5 {
			return nil, false, err
		}
		if key = name[4:]; key == "verify" {
			return strconv.AppendUint(nil, uint64(binary.BigEndian.Uint32(ssl[1:])), 10), true, nil
		}
		tlvs, types = ssl[5:], proxySSLTLVs
	}
	if len(key) >= 2 && key[:2] == "0x" {
		n, err := strconv.ParseUint(key[2:], 16, 31)
		if err != nil {
			return nil, false, fmt.Errorf(`invalid PROXY protocol TLV "%s"`, name)
		}
		return findTLV(tlvs, int(n))
	}
	t, known := types[key]
	if !known {
		return nil, false, fmt.Errorf(`unknown PROXY protocol TLV "%s"`, name)
	}
	return findTLV(tlvs, t)
}

func findTLV(p []byte, t int) ([]byte, bool, error) {
	for len(p) > 0 {
		if len(p) < 3 || len(p)-3 < int(binary.BigEndian.Uint16(p[1:])) {
			return nil, false, errors.New("broken PROXY protocol TLV")
		}
		n := int(binary.BigEndian.Uint16(p[1:]))
		if int(p[0]) == t {
			return p[3 : 3+n], true, nil
		}
		p = p[3+n:]
	}
	return nil, false, nil
}

// AppendProxy1 appends a version 1 header for a connection from src to dst; that of
// an unknown one if src is not valid, which is what a unix socket has.
func AppendProxy1(p []byte, src, dst netip.AddrPort) []byte {
	switch {
	case !src.IsValid():
		return append(p, "PROXY UNKNOWN\r\n"...)
	case src.Addr().Is4():
		p = append(p, "PROXY TCP4 "...)
	default:
		p = append(p, "PROXY TCP6 "...)
	}
	p = append(p, addrText(src)...)
	p = append(p, ' ')
	p = append(p, addrText(dst)...)
	p = append(p, ' ')
	p = strconv.AppendUint(p, uint64(src.Port()), 10)
	p = append(p, ' ')
	p = strconv.AppendUint(p, uint64(dst.Port()), 10)
	return append(p, "\r\n"...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendProxy2 appends a version 2 header for a connection of TCP, or datagrams of
// UDP, from src to dst, with a checksum; a LOCAL one if either is not valid.
func AppendProxy2(p []byte, src, dst netip.AddrPort, udp bool) []byte {
	start := len(p)
	p = append(p, proxySignature...)
	const crcTLV, crcSize = 0x03, 4
	transport := byte(1)
	if udp {
		transport = 2
	}
	put := func(family byte, a, b []byte) {
		p = append(p, 0x21, family<<4|transport, 0, byte(len(a)+len(b)+4+3+crcSize))
		p = append(append(p, a...), b...)
		p = binary.BigEndian.AppendUint16(p, src.Port())
		p = binary.BigEndian.AppendUint16(p, dst.Port())
	}
	s, d := src.Addr(), dst.Addr()
	switch {
	case !src.IsValid() || !dst.IsValid():
		p = append(p, 0x20, 0, 0, 3+crcSize)
	case s.Unmap().Is4() && d.Unmap().Is4() && s.Is4() == d.Is4():
		a, b := s.Unmap().As4(), d.Unmap().As4()
		put(1, a[:], b[:])
	default:
		a, b := s.As16(), d.As16()
		put(2, a[:], b[:])
	}
	p = append(p, crcTLV, 0, crcSize, 0, 0, 0, 0)
	binary.BigEndian.PutUint32(p[len(p)-crcSize:], crc32.Checksum(p[start:], castagnoli))
	return p
}
