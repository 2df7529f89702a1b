package filecache

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	fields "understudy/runtime/header"
)

// A world is a cache with a clock of its own.
type world struct {
	*Cache
	t   *testing.T
	now time.Time
}

func newWorld(t *testing.T, s Settings) *world {
	s.Dir, s.Levels, s.Zone = t.TempDir(), []int{1, 2}, "one"
	if s.Inactive == 0 {
		s.Inactive = time.Minute
	}
	pace := Pace{Files: 100, Threshold: time.Minute}
	s.Loader, s.Manager = pace, pace
	w := &world{New(NewKeys(s.Dir, s.Levels, 1<<20), s), t, time.Unix(1700000000, 0)}
	w.Cache.Now = func() time.Time { return w.now }
	return w
}

func (w *world) entry(key, accept string) *Entry {
	b := new(fields.Block)
	b.Append([]byte("Accept-Encoding"), []byte(accept))
	e := &Entry{
		Cache: w.Cache, Fields: b, MinUses: 1, Limit: 4096, LastModified: -1,
		Logf:  func(_ slog.Level, format string, args ...any) { w.t.Logf(format, args...) },
		Errno: func(err error) string { return " (" + err.Error() + ")" },
	}
	e.SetKey([]byte(key))
	return e
}

// want opens an entry and checks what is found.
func (w *world) want(e *Entry, want Result) {
	w.t.Helper()
	if got := e.Open(); got != want {
		w.t.Fatalf("got %d, want %d", got, want)
	}
}

// store puts a response where e says.
func (w *world) store(e *Entry, text string) {
	w.t.Helper()
	head, ok := e.Head(nil, []byte("HTTP/1.1 200 OK\r\n\r\n"))
	if !ok {
		w.t.Fatal("no room for the head")
	}
	f, err := e.CreateTemp()
	if err == nil {
		_, err = f.Write(append(head, text...))
	}
	if err == nil {
		err = os.Rename(f.Name(), e.Path())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	f.Close()
	e.Store(true)
	e.Close()
}

func (w *world) body(e *Entry) string {
	b := make([]byte, e.Length-int64(e.BodyStart))
	if _, err := e.File.ReadAt(b, int64(e.BodyStart)); err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

func TestLife(t *testing.T) {
	w := newWorld(t, Settings{})
	e := w.entry("k", "")
	w.want(e, Missing)
	e.Valid = w.now.Unix() + 10
	w.store(e, "body")
	if want := filepath.Join(w.Dir, "3", "df", "8ce4b16b22b58894aa86c421e8759df3"); e.Path() != want {
		t.Errorf("got %s, want %s", e.Path(), want)
	}
	e = w.entry("k", "")
	w.want(e, Fresh)
	if got := w.body(e); got != "body" || string(e.Buf.Bytes()) != "HTTP/1.1 200 OK\r\n\r\n" {
		t.Errorf("got %q behind %q", got, e.Buf.Bytes())
	}
	e.Close()
	w.now = w.now.Add(11 * time.Second)
	e, other := w.entry("k", ""), w.entry("k", "")
	w.want(e, Stale)
	w.want(other, Updating)
	other.Close()
	e.Close()
	e = w.entry("k", "")
	w.want(e, Stale) // whoever gave up has let others try
	e.Valid = w.now.Unix() + 10
	e.Renew()
	e.Close()
	e = w.entry("k", "")
	w.want(e, Fresh)
	e.Close()
}

// The name of a file is that which nginx documents.
func TestName(t *testing.T) {
	k := NewKeys("/data/nginx/cache", []int{1, 2}, 1<<20)
	key := Key{0xb7, 0xf5, 0x4b, 0x2d, 0xf7, 0x77, 0x37, 0x22, 0xd3, 0x82, 0xf4, 0x80, 0x9d, 0x65, 0x02, 0x9c}
	if got, want := k.name(key), "/data/nginx/cache/c/29/b7f54b2df7773722d382f4809d65029c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVary(t *testing.T) {
	w := newWorld(t, Settings{})
	put := func(accept, text string, valid Result) {
		t.Helper()
		e := w.entry("k", accept)
		w.want(e, valid)
		e.Valid, e.Vary = w.now.Unix()+10, []byte("Accept-Encoding")
		w.store(e, text)
	}
	put("gzip", "zipped", Missing)
	put("br", "brotli", Missing)
	for accept, want := range map[string]string{"gzip": "zipped", "br": "brotli", " gzip ,": "zipped"} {
		e := w.entry("k", accept)
		w.want(e, Fresh)
		if got := w.body(e); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
		e.Close()
	}
	e := w.entry("k", "zstd")
	w.want(e, Missing)
	e.Close()
}

func TestMinUses(t *testing.T) {
	w := newWorld(t, Settings{})
	w.keys.cold = false
	for i, want := range []Result{Scarce, Scarce, Missing} {
		e := w.entry("k", "")
		e.MinUses = 3
		if got := e.Open(); got != want {
			t.Errorf("request %d: got %d, want %d", i, got, want)
		}
		e.Close()
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t, Settings{})
	e := w.entry("k", "")
	w.want(e, Missing)
	e.Status, e.Valid = 502, w.now.Unix()+10
	e.Close()
	e = w.entry("k", "")
	if w.want(e, Answer); e.Status != 502 {
		t.Errorf("got %d", e.Status)
	}
	e.Close()
	w.now = w.now.Add(11 * time.Second)
	e = w.entry("k", "")
	w.want(e, Missing)
	e.Close()
}

// A file whose place an error took is not counted when the error is forgotten.
func TestStatusSize(t *testing.T) {
	w := newWorld(t, Settings{})
	w.Load(nil)
	for range 3 {
		e := w.entry("k", "")
		w.want(e, Missing)
		e.Valid = w.now.Unix() + 1
		w.store(e, "body")
		w.now = w.now.Add(2 * time.Second)
		e = w.entry("k", "")
		w.want(e, Stale)
		e.Status, e.Valid = 502, w.now.Unix()+10
		e.Close()
		w.now = w.now.Add(11 * time.Second)
	}
	e := w.entry("k", "")
	w.want(e, Missing)
	if w.keys.size != 0 {
		t.Errorf("%d blocks are counted", w.keys.size)
	}
	e.Close()
}

func TestClean(t *testing.T) {
	w := newWorld(t, Settings{MaxSize: 3 << 20})
	var paths []string
	for _, key := range []string{"a", "b", "c", "d"} {
		e := w.entry(key, "")
		w.want(e, Missing)
		e.Valid = w.now.Unix() + 1000
		w.store(e, strings.Repeat("x", 1<<20-4096))
		paths = append(paths, e.Path())
	}
	there := func() (n int) {
		for _, p := range paths {
			if _, err := os.Stat(p); err == nil {
				n++
			}
		}
		return n
	}
	w.Clean()
	if _, err := os.Stat(paths[0]); err == nil || there() == 0 {
		t.Errorf("%d files are left, the oldest: %v", there(), err)
	}
	used := w.entry("d", "")
	w.want(used, Fresh)
	w.now = w.now.Add(2 * time.Minute)
	w.Clean()
	if there() != 1 {
		t.Errorf("%d files are left, want that in use", there())
	}
	used.Close()
	w.now = w.now.Add(2 * time.Minute)
	w.Clean()
	if there() != 0 || len(w.keys.nodes) != 0 || w.keys.size != 0 {
		t.Errorf("%d files, %d nodes, %d blocks are left", there(), len(w.keys.nodes), w.keys.size)
	}
}

func TestLoad(t *testing.T) {
	w := newWorld(t, Settings{})
	e := w.entry("k", "")
	w.want(e, Missing)
	e.Valid = w.now.Unix() + 10
	w.store(e, "body")
	stray := filepath.Join(w.Dir, "stray")
	if err := os.WriteFile(stray, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next := newWorld(t, Settings{})
	next.Cache.Dir, next.keys.dir = w.Dir, w.Dir
	next.Load(nil)
	if _, err := os.Stat(stray); err == nil || len(next.keys.nodes) != 1 || next.isCold() {
		t.Errorf("got %d nodes, stray file: %v", len(next.keys.nodes), err)
	}
	e = next.entry("k", "")
	next.want(e, Fresh)
	e.Close()
}

// A file that is damaged is as good as none.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"short":     func(p []byte) []byte { return p[:100] },
		"version":   func(p []byte) []byte { p[0] = 3; return p },
		"sum":       func(p []byte) []byte { p[atSum]++; return p },
		"key":       func(p []byte) []byte { p[fixed+len(keyIntro)]++; return p },
		"long head": func(p []byte) []byte { p[atBody+1] = 0xff; return p },
		"head":      func(p []byte) []byte { p[atBody], p[atBody+1] = 1, 0; return p },
		"vary":      func(p []byte) []byte { p[atVary] = 0xff; return p },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Settings{})
			e := w.entry("k", "")
			w.want(e, Missing)
			e.Valid = w.now.Unix() + 10
			w.store(e, "body")
			p, err := os.ReadFile(e.Path())
			if err == nil {
				err = os.WriteFile(e.Path(), damage(p), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			e = w.entry("k", "")
			w.want(e, Missing)
			e.Close()
		})
	}
}

func TestLock(t *testing.T) {
	w := newWorld(t, Settings{})
	synctest.Test(t, func(t *testing.T) {
		w.Cache.Now = time.Now
		entry := func() *Entry {
			e := w.entry("k", "")
			e.Lock, e.LockTimeout, e.LockAge = true, 5*time.Second, 20*time.Second
			return e
		}
		first := entry()
		w.want(first, Missing)
		began := time.Now()
		late := entry()
		w.want(late, Scarce)
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("waited %v", d)
		}
		late.Close()
		found := make(chan Result)
		second := entry()
		go func() { found <- second.Open() }()
		synctest.Wait()
		first.Valid = time.Now().Unix() + 10
		w.store(first, "body")
		if got := <-found; got != Fresh {
			t.Errorf("got %d", got)
		}
		second.Close()
	})
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("short"))
	w := &world{Cache: New(NewKeys("/", nil, 1<<20), Settings{})}
	e := w.entry("k", "")
	e.BodyStart = e.HeadStart
	f.Add(append(append(e.appendHeader(nil), keyIntro...), "k\n"...))
	f.Fuzz(func(t *testing.T, p []byte) {
		e := w.entry("k", "")
		e.limit, e.node = 4096, new(node)
		if r, _ := e.check(p); r == Fresh && (e.BodyStart < e.HeadStart || e.BodyStart > 4096) {
			t.Errorf("the body starts at %d", e.BodyStart)
		}
	})
}
