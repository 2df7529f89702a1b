package conformance

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// stdin is the type of the records of a request's body.
const stdin = 5

// skipFramed reads the start of a request of a protocol that is not HTTP: all
// records of FastCGI to the end of its input stream, the netstring of SCGI, or
// the packet of uwsgi.
func skipFramed(r *bufio.Reader, framing string) error {
	switch framing {
	case "netstring":
		text, err := r.ReadString(':')
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(strings.TrimSuffix(text, ":"))
		if err != nil {
			return err
		}
		return skip(r, n+1)
	case "packet":
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		return skip(r, int(binary.LittleEndian.Uint16(head[1:])))
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(head[4:]))
		if err := skip(r, n+int(head[6])); err != nil {
			return err
		}
		if head[1] == stdin && n == 0 {
			return nil
		}
	}
}

func skip(r io.Reader, n int) error {
	_, err := io.CopyN(io.Discard, r, int64(n))
	return err
}

// sendRecord sends a record of FastCGI: its type, a space, and its content with
// the escapes of a script.
func sendRecord(w io.Writer, arg string) error {
	kind, text, _ := strings.Cut(arg, " ")
	t, err := strconv.Atoi(kind)
	if err != nil {
		return fmt.Errorf("@record %s: no type", arg)
	}
	content, err := decode(text + "\\")
	if err != nil {
		return err
	}
	b := []byte{1, byte(t), 0, 1, byte(len(content) >> 8), byte(len(content)), 0, 0}
	_, err = w.Write(append(b, content...))
	return err
}
