package gunzip

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// inflate decompresses p in pieces of n bytes.
func inflate(z *inflater, p []byte, n int) ([]byte, error) {
	var out []byte
	z.reset()
	for len(p) > 0 {
		k := min(n, len(p))
		if err := z.write(p[:k], func(b []byte) error { out = append(out, b...); return nil }); err != nil {
			return out, err
		}
		p = p[k:]
	}
	if !z.done() {
		return out, io.ErrUnexpectedEOF
	}
	return out, nil
}

func zip(t testing.TB, level int, body []byte, h gzip.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Header = h
	for i := 0; i < len(body); i += 50_000 {
		w.Write(body[i:min(i+50_000, len(body))])
		if i == 100_000 {
			w.Flush()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bodies are of all kinds: empty, short, random, repeated, text.
func bodies() [][]byte {
	noise := make([]byte, 200_000)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "line %d of a text, %x\n", i, i*i)
	}
	return [][]byte{
		nil, []byte("x"), []byte("hello hello hello hello"), noise, bytes.Repeat([]byte("ab"), 300_000),
		[]byte(text.String()), slices.Concat(noise[:70_000], []byte(text.String())[:100_000], noise[:70_000]),
	}
}

func TestInflate(t *testing.T) {
	var z inflater
	for i, body := range bodies() {
		for _, level := range []int{gzip.NoCompression, gzip.HuffmanOnly, 1, 6, 9} {
			b := zip(t, level, body, gzip.Header{})
			for _, n := range []int{1, 7, 1000, 1 << 30} {
				if n == 1 && len(b) > 50_000 {
					continue // takes long
				}
				got, err := inflate(&z, b, n)
				if err != nil || !bytes.Equal(got, body) {
					t.Fatalf("body %d, level %d, by %d: got %d bytes (%v), want %d", i, level, n, len(got), err, len(body))
				}
			}
		}
	}
}

func TestMembers(t *testing.T) {
	one := zip(t, 6, []byte("one "), gzip.Header{Name: "name", Comment: "comment", Extra: []byte("extra")})
	two := zip(t, 1, []byte("two"), gzip.Header{Name: "n"})
	var z inflater
	for n := 1; n < 60; n++ {
		got, err := inflate(&z, slices.Concat(one, two), n)
		if err != nil || string(got) != "one two" {
			t.Errorf("by %d: got %q (%v)", n, got, err)
		}
	}
}

func TestWrong(t *testing.T) {
	good := zip(t, 6, []byte("hello hello hello"), gzip.Header{})
	with := func(i int, c byte) []byte {
		b := bytes.Clone(good)
		b[(i+len(b))%len(b)] ^= c
		return b
	}
	for _, tt := range []struct {
		name string
		in   []byte
		want error
	}{
		{"good", good, nil},
		{"empty", nil, io.ErrUnexpectedEOF},
		{"magic", with(1, 1), errData},
		{"method", with(2, 1), errData},
		{"reserved flags", with(3, 0x80), errData},
		{"sum", with(-5, 1), errData},
		{"size", with(-1, 1), errData},
		{"short", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"behind it", append(bytes.Clone(good), "xy"...), errData},
		{"reserved block", append(bytes.Clone(good[:10]), 7), errData},
		{"stored length", append(bytes.Clone(good[:10]), 1, 1, 0, 1, 0), errData},
		{"too far back", append(bytes.Clone(good[:10]), 3, 2, 0), errData}, // a match first of all
	} {
		var z inflater
		if _, err := inflate(&z, tt.in, 3); err != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// FuzzInflate compares with the standard package, which takes the same streams
// but for what is behind the last member.
func FuzzInflate(f *testing.F) {
	for _, b := range bodies()[:3] {
		f.Add(zip(f, 6, b, gzip.Header{}), 5)
	}
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x02\x00"), 1)
	f.Fuzz(func(t *testing.T, p []byte, n int) {
		var z inflater
		got, err := inflate(&z, p, max(1, n&1023))
		want, wantErr := readAll(p)
		if err == nil && wantErr == nil && !bytes.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		if err == nil && wantErr != nil {
			t.Fatalf("taken, but the standard package says %v", wantErr)
		}
		if err == errData && wantErr == nil && len(p) > 3 && p[3]&0xe0 == 0 {
			t.Fatalf("refused, but the standard package says %q", want)
		}
		if !bytes.HasPrefix(got, want) && !bytes.HasPrefix(want, got) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func readAll(p []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestCost(t *testing.T) {
	b := zip(t, 6, bodies()[5], gzip.Header{})
	var z inflater
	pass := func([]byte) error { return nil }
	if n := testing.AllocsPerRun(10, func() { z.reset(); z.write(b, pass) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkInflate(b *testing.B) {
	body := bodies()[5]
	p := zip(b, 6, body, gzip.Header{})
	var z inflater
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		z.reset()
		z.write(p, func([]byte) error { return nil })
	}
}
