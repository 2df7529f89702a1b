package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// In a script a line of text stands for its bytes and CRLF. A line that ends in
// a backslash has no line end. \n, \r, \t, \\ and \xHH are bytes. A line that
// begins with @ is an order to the harness, so data that begins so is \x40.

// decode returns the bytes that one line of a script, without its newline,
// stands for.
func decode(line string) ([]byte, error) {
	end := "\r\n"
	b := make([]byte, 0, len(line)+2)
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '\\' {
			b = append(b, c)
			continue
		}
		if i++; i == len(line) {
			end = ""
			break
		}
		switch line[i] {
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case '\\':
			b = append(b, '\\')
		case 'x':
			var v byte
			if len(line) < i+3 {
				return nil, fmt.Errorf("short escape in %q", line)
			}
			if _, err := fmt.Sscanf(line[i+1:i+3], "%02x", &v); err != nil {
				return nil, fmt.Errorf("bad escape in %q", line)
			}
			b = append(b, v)
			i += 2
		default:
			return nil, fmt.Errorf("unknown escape \\%c in %q", line[i], line)
		}
	}
	return append(b, end...), nil
}

// encode is the reverse of decode, for any number of lines.
func encode(data []byte) string {
	var out strings.Builder
	for len(data) > 0 {
		line, rest, crlf := bytes.Cut(data, []byte("\r\n"))
		if lf := bytes.IndexByte(line, '\n'); lf >= 0 {
			// A bare LF: shown, and the line broken there for the reader.
			line, rest, crlf = data[:lf+1], data[lf+1:], false
		}
		data = rest
		out.WriteString(encodeLine(line))
		if !crlf {
			out.WriteByte('\\')
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func encodeLine(line []byte) string {
	var out strings.Builder
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		c := line[i]
		switch {
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\t':
			out.WriteString(`\t`)
		case c == '\\':
			out.WriteString(`\\`)
		case r == utf8.RuneError && n == 1, c < ' ', c == 0x7f, i == 0 && c == '@',
			i == 0 && bytes.HasPrefix(line, []byte("-- ")):
			fmt.Fprintf(&out, `\x%02x`, c)
		default:
			out.Write(line[i : i+n])
		}
		i += n
	}
	return out.String()
}

// An order is one step of a script: bytes to send, or something to do.
type order struct {
	verb string // "send", or the word behind @
	arg  string
	data []byte // of send
}

// parseOrders reads a script. Consecutive lines of data become one send.
func parseOrders(text string) ([]order, error) {
	var list []order
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if verb, ok := strings.CutPrefix(line, "@"); ok {
			verb, arg, _ := strings.Cut(verb, " ")
			list = append(list, order{verb: verb, arg: strings.TrimSpace(arg)})
			continue
		}
		data, err := decode(line)
		if err != nil {
			return nil, err
		}
		if n := len(list); n > 0 && list[n-1].verb == "send" {
			list[n-1].data = append(list[n-1].data, data...)
			continue
		}
		list = append(list, order{verb: "send", data: data})
	}
	return list, nil
}
