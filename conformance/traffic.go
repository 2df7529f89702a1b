package conformance

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Traffic runs the script in file. With s.Update it writes what came back into
// the file instead of comparing it.
func (s *Suite) Traffic(t *testing.T, file string) {
	t.Helper()
	s.traffic(t, file)
	if s.Update && !t.Failed() {
		// What the next run would not find again is no expectation.
		check := *s
		check.Update = false
		t.Run("again", func(t *testing.T) { check.traffic(t, file) })
	}
}

func (s *Suite) traffic(t *testing.T, file string) {
	t.Helper()
	sc, err := readScript(file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.acquire()()
	r := &run{Suite: s, T: t, script: sc}
	// Another process may take a port between its choice and its use.
	for range 3 {
		if err = r.setUp(); err == nil || !strings.Contains(err.Error(), "ddress already in use") {
			break
		}
	}
	if err != nil {
		s.skipUnsupported(t, err.Error())
		t.Fatal(err)
	}
	r.exchanges()
	r.tearDown()
	if s.Update && !t.Failed() {
		if err := os.WriteFile(file, sc.format(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A run is one run of one script.
type run struct {
	*Suite
	*testing.T
	script   *script
	places   *places
	process  *process
	backends []*backend
}

func (r *run) setUp() (err error) {
	dir := prefix(r.T)
	if r.places, err = newPlaces(dir); err != nil {
		return err
	}
	for name, text := range r.script.files {
		if name == conf || strings.HasSuffix(name, ".conf") {
			text = r.places.expand(text)
		}
		if name == conf {
			// On the first line, so that line numbers stay those of the script.
			text = "daemon off; pid logs/nginx.pid; " + text
		}
		if err := write(dir, name, []byte(text)); err != nil {
			return err
		}
	}
	for _, name := range r.script.certs {
		if err := WriteCert(dir, name); err != nil {
			return err
		}
	}
	if err := fixTimes(dir); err != nil {
		return err
	}
	r.backends = nil
	for _, b := range r.script.backends {
		addr := r.places.values["$BACK"+strings.TrimPrefix(strings.TrimPrefix(b.name, "backend."), "1")]
		started, err := startBackend(b, addr, r.places.expand)
		if err != nil {
			return err
		}
		r.backends = append(r.backends, started)
	}
	r.process, err = start(r.T, r.Binary, dir)
	if err != nil {
		for _, b := range r.backends {
			b.stop(r.normal)
		}
	}
	return err
}

func (r *run) normal(data string) string { return normalize(data, r.places, r.script.masks) }

func (r *run) exchanges() {
	c := &client{script: r.script, places: r.places, conns: map[string]*clientConn{}}
	defer c.close()
	for i, x := range r.script.exchanges {
		conn, err := c.connect(x)
		if err != nil {
			r.Errorf("exchange %s: %v", x.name, err)
			return
		}
		if err := c.send(conn, x); err != nil {
			r.Errorf("exchange %s: %v", x.name, err)
			return
		}
		last := r.script.last(i)
		if x.nowait {
			continue
		}
		if r.Update {
			r.script.set(x.name+".want", x.name, c.record(conn, x))
		} else {
			r.compare(c, conn, x, last)
		}
		if last {
			// nginx logs some requests when their connection ends.
			conn.Close()
		}
	}
}

func (r *run) compare(c *client, conn *clientConn, x *exchange, last bool) {
	r.Helper()
	if _, ok := r.script.text(x.name + ".want"); !ok {
		r.Fatalf("exchange %s has no recorded answer: run with -update", x.name)
	}
	r.same("exchange "+x.name, c.compare(conn, x, last), x.want)
}

// tearDown ends the program, then looks at what it left behind.
func (r *run) tearDown() {
	if err := r.process.stop(); err != nil {
		r.Errorf("the program %v", err)
	}
	for _, b := range r.backends {
		got := b.stop(r.normal)
		if r.Update {
			r.script.set(b.name+".got", b.name, got)
			continue
		}
		if _, ok := r.script.text(b.name + ".got"); !ok {
			r.Errorf("%s has no recorded requests: run with -update", b.name)
		}
		r.same(b.name, got, b.want)
	}
	for _, name := range r.script.logs {
		data, err := os.ReadFile(r.places.dir + "/logs/" + name)
		if err != nil {
			r.Error(err)
			continue
		}
		got := normalizeLog(string(data), r.places, r.script.masks)
		if r.Update {
			r.script.set(name+".want", "", got)
			continue
		}
		want, _ := r.script.text(name + ".want")
		r.same(name, sorted(got), sorted(want))
	}
	if r.Failed() {
		log, _ := os.ReadFile(r.places.dir + "/logs/error.log")
		r.Logf("error.log: %s", log[:min(len(log), 4<<10)])
	}
}

func (r *run) same(what, got, want string) {
	r.Helper()
	if got != want {
		r.Errorf("%s (-want +got):\n%s", what, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
}

// sorted sorts lines: in which order two connections write them is chance.
func sorted(log string) string {
	lines := strings.SplitAfter(log, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}
