package demo

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// A frame is one of RFC 6455, section 5.2, unmasked.
type frame struct {
	fin     bool
	op      byte
	payload []byte
}

// A violation is something the peer may not send, and the status that says so.
type violation struct {
	status uint16
	reason string
}

func (v violation) Error() string { return fmt.Sprintf("websocket: %s (%d)", v.reason, v.status) }

// readFrame reads a client's frame of at most limit bytes of payload; a
// control frame may always have its 125.
func readFrame(r *bufio.Reader, limit int) (frame, error) {
	var head [14]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return frame{}, err
	}
	f := frame{fin: head[0]&0x80 != 0, op: head[0] & 0x0f}
	control := f.op >= opClose
	short := head[1] & 0x7f
	switch {
	case head[0]&0x70 != 0:
		return frame{}, violation{statusProtocolError, "reserved bits are set"}
	case f.op > opBinary && f.op < opClose || f.op > opPong:
		return frame{}, violation{statusProtocolError, "unknown opcode"}
	case head[1]&0x80 == 0:
		return frame{}, violation{statusProtocolError, "a client's frame is not masked"}
	case control && (!f.fin || short > 125):
		return frame{}, violation{statusProtocolError, "a control frame is fragmented or too long"}
	}

	extended := map[byte]int{126: 2, 127: 8}[short]
	if _, err := io.ReadFull(r, head[2:2+extended+4]); err != nil {
		return frame{}, err
	}
	size := uint64(short)
	switch extended {
	case 2:
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		size = binary.BigEndian.Uint64(head[2:])
	}
	if !control && size > uint64(limit) {
		return frame{}, violation{statusTooBig, "the message is too big"}
	}
	f.payload = make([]byte, size)
	if _, err := io.ReadFull(r, f.payload); err != nil {
		return frame{}, err
	}
	mask := head[2+extended : 2+extended+4]
	for i := range f.payload {
		f.payload[i] ^= mask[i%4]
	}
	return f, nil
}

// appendFrame appends a server's frame, which is whole and not masked.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}
