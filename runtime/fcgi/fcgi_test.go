package fcgi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// record is one record, with padding.
func record(t Type, content string) string {
	b := AppendHeader(nil, t, len(content))
	return string(AppendPadding(append(b, content...), len(content)))
}

// read returns what a Reader makes of pieces.
func read(pieces ...string) string {
	var r Reader
	var out strings.Builder
	for _, p := range pieces {
		for b := []byte(p); ; {
			e, data, n, err := r.Next(b)
			b = b[n:]
			switch {
			case err != nil:
				fmt.Fprintf(&out, "%v", err)
				return out.String()
			case e == Header:
				fmt.Fprintf(&out, "[%d %d]", r.Type, r.Left)
			case e == Data:
				out.Write(data)
			case e == End:
				out.WriteString(".")
			}
			if e == More {
				break
			}
		}
	}
	return out.String()
}

func TestReader(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{record(Stdout, "hello"), "[6 5]hello."},
		{record(Stdout, "12345678"), "[6 8]12345678."},
		{record(Stdout, ""), "[6 0]."},
		{record(Stderr, "oops") + record(Stdout, "x") + record(EndRequest, "\x00\x00\x00\x00\x00\x00\x00\x00"), "[7 4]oops.[6 1]x.[3 8]\x00\x00\x00\x00\x00\x00\x00\x00."},
		{record(Stdout, "hello")[:10], "[6 5]he"},
		{"\x02", "upstream sent unsupported FastCGI protocol version: 2"},
		{"\x01\x05", "upstream sent invalid FastCGI record type: 5"},
		{"\x01\x06\x01", "upstream sent unexpected FastCGI request id high byte: 1"},
		{"\x01\x06\x00\x02", "upstream sent unexpected FastCGI request id low byte: 2"},
	} {
		if got := read(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
		if got := read(strings.Split(tt.in, "")...); got != tt.want {
			t.Errorf("%q, byte by byte: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzReader: the answer does not depend on how it arrives, and all of it is
// used up.
func FuzzReader(f *testing.F) {
	f.Add([]byte(record(Stdout, "Status: 200\r\n\r\nbody")+record(Stderr, "oops")), 7)
	f.Add([]byte(record(EndRequest, "\x00\x00\x00\x00\x00\x00\x00\x00")), 3)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		cut = min(max(cut, 0), len(in))
		whole, parts := read(string(in)), read(string(in[:cut]), string(in[cut:]))
		if whole != parts {
			t.Errorf("got %q in one piece, %q in two", whole, parts)
		}
	})
}

func TestAppend(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want string
	}{
		{0, "\x00"}, {127, "\x7f"}, {128, "\x80\x00\x00\x80"}, {70000, "\x80\x01\x11\x70"},
	} {
		if got := AppendLength(nil, tt.n); string(got) != tt.want {
			t.Errorf("length %d: got %q, want %q", tt.n, got, tt.want)
		}
	}
	got := AppendBegin(nil, true)
	if want := "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b := StreamHeader(nil)
	SetLength(b, 0x1234)
	if want := AppendHeader(nil, Params, 0x1234); !bytes.Equal(b, want) {
		t.Errorf("got %q, want %q", b, want)
	}
}

func TestReaderDoesNotAllocate(t *testing.T) {
	in := []byte(record(Stdout, "Status: 200\r\n\r\nbody") + record(EndRequest, "\x00\x00\x00\x00\x00\x00\x00\x00"))
	if n := testing.AllocsPerRun(100, func() {
		var r Reader
		for b := in; ; {
			e, _, n, err := r.Next(b)
			if b = b[n:]; err != nil || e == More {
				break
			}
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkReader(b *testing.B) {
	in := []byte(strings.Repeat(record(Stdout, strings.Repeat("x", 8000)), 8))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		var r Reader
		for p := in; ; {
			e, _, n, err := r.Next(p)
			if p = p[n:]; err != nil || e == More {
				break
			}
		}
	}
}
