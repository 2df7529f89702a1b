package upstream

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pickTest is a group and what is done with it. Its servers are the letters
// a, b, … with parameters of the server directive; server a has the address
// 127.0.0.1:21001, b :21002, and so on. Steps are
//
//	12    that many requests
//	hang  a request that stays unanswered until done; want has its last server only
//	done  the oldest of these ends
//	-a +a server a refuses connections, accepts them again
//	2s    time passes
//
// All servers are live at first. want has for each request the letters of the
// servers it was tried on, and ! if then no peer was live. TestNginx checks want
// against an nginx, TestPicks against this package.
type pickTest struct {
	name    string
	method  string
	servers []string
	slow    map[string]time.Duration // how long servers take for an answer
	keys    []string                 // of the requests in turn; client addresses for ip_hash, cookies for sticky
	steps   string
	want    string
}

var pickTests = []pickTest{
	{name: "equal", servers: []string{"a", "b", "c"}, steps: "7",
		want: "a b c a b c a"},
	{name: "weights 5 1 1", servers: []string{"a weight=5", "b", "c"}, steps: "15",
		want: "a a b a c a a a a b a c a a a"},
	{name: "weights 3 2 1", servers: []string{"a weight=3", "b weight=2", "c"}, steps: "13",
		want: "a b a c b a a b a c b a a"},
	{name: "weights 1 2 3 4", servers: []string{"a", "b weight=2", "c weight=3", "d weight=4"}, steps: "21",
		want: "d c b d a c d b c d d c b d a c d b c d d"},
	{name: "down", servers: []string{"a weight=3", "b down", "c"}, steps: "9",
		want: "a a c a a a c a a"},
	{name: "all down", servers: []string{"a down", "b down"}, steps: "2",
		want: "! !"},
	{name: "single down", servers: []string{"a down"}, steps: "2",
		want: "! !"},
	{name: "failure", servers: []string{"a", "b", "c"}, steps: "-b 8",
		want: "a bc c a c a c a"},
	{name: "failure with weights", servers: []string{"a weight=5", "b weight=3", "c"}, steps: "-a 12",
		want: "ab b b c b b b c b b b c"},
	{name: "two failures", servers: []string{"a", "b weight=4 max_fails=2", "c"}, steps: "-b 16",
		want: "ba c ba a c a c a c a c a c a c a"},
	{name: "three failures of seven", servers: []string{"a weight=2", "b weight=7 max_fails=3"}, steps: "-b 14",
		want: "ba a ba ba a a a a a a a a a a"},
	{name: "max_fails 0", servers: []string{"a weight=2", "b weight=2 max_fails=0"}, steps: "-b 8 +b 4",
		want: "a ba a ba a ba a ba a b a b"},
	{name: "recovery", servers: []string{"a weight=2 fail_timeout=1s", "b"}, steps: "-a 4 +a 3 3s 9",
		want: "ab b b b b b b b b a b a a b a a"},
	{name: "no recovery", servers: []string{"a fail_timeout=1s", "b"}, steps: "-a 3 3s 4",
		want: "ab b b b b ab b"},
	{name: "recovery of weight", servers: []string{"a weight=8 max_fails=4 fail_timeout=1s", "b weight=8"}, steps: "-a 12 +a 3s 20",
		want: "ab b b ab b ab b ab b b b b b b a b a b a b a b a b a b a b a b a b"},
	{name: "all fail", servers: []string{"a", "b"}, steps: "-a -b 3",
		want: "ab ! !"},
	{name: "all fail and time passes", servers: []string{"a fail_timeout=1s", "b fail_timeout=1s"}, steps: "-a -b 2 3s 2 +a 1 3s 4",
		want: "ab ! ba ! ! ba a a a"},
	{name: "single fails", servers: []string{"a"}, steps: "-a 3 +a 2",
		want: "a a a a a"},
	{name: "backup", servers: []string{"a", "b backup"}, steps: "3 -a 3 +a 2",
		want: "a a a ab b b b b"},
	{name: "backups", servers: []string{"a", "b backup weight=2", "c backup", "d"}, steps: "4 -a -d 9",
		want: "a d a d adb c b b c b b c b"},
	{name: "backup fails", servers: []string{"a", "b backup", "c backup"}, steps: "-a -b 4 -c 3",
		want: "abc c c c c! ! !"},
	{name: "primary down", servers: []string{"a down", "b backup"}, steps: "3 -b 3",
		want: "b b b b ! !"},
	{name: "max_conns", servers: []string{"a max_conns=1", "b max_conns=2"}, steps: "hang hang hang hang done hang 2 done done done 4",
		want: "a b b ! a ! ! b a b a"},
	{name: "max_conns single", servers: []string{"a max_conns=1"}, steps: "hang 2 done 2",
		want: "a ! ! a a"},
	{name: "max_conns backup", servers: []string{"a max_conns=1", "b backup"}, steps: "hang 2 done 2",
		want: "a b b a a"},

	{name: "least_conn", method: "least_conn", servers: []string{"a", "b", "c"}, steps: "4 hang hang 4 done 4 hang hang hang hang 5",
		want: "a b c a b c a a a a a b a b a b c b a a a a a"},
	{name: "least_conn weights", method: "least_conn", servers: []string{"a weight=3", "b weight=2", "c"}, steps: "7 hang hang hang hang hang hang hang hang hang 6 done done done 6",
		want: "a b a c b a a b a c a b a c a b a a a a a a b a a b a c"},
	{name: "least_conn failures", method: "least_conn", servers: []string{"a weight=2", "b", "c backup"}, steps: "3 -a hang hang 4 done done -b 4",
		want: "a b a b b b b b b bc c c c"},

	{name: "least_time", method: "least_time header", servers: []string{"a", "b", "c"}, steps: "6 hang hang 4 done done 4",
		want: "a b c a b c a b c c c c c b c a"},
	{name: "least_time slow", method: "least_time last_byte", servers: []string{"a", "b", "c"},
		slow: map[string]time.Duration{"b": 110 * time.Millisecond}, steps: "9 hang hang hang 3 hang hang hang hang 3",
		want: "a b c c a c a c a c a a c c c c c a a c c c"},
	{name: "least_time weights", method: "least_time header", servers: []string{"a weight=3", "b weight=2", "c"},
		slow: map[string]time.Duration{"a": 30 * time.Millisecond, "b": 70 * time.Millisecond}, steps: "20",
		want: "a b a a a a a a a a a a a a a a a a a a"},
	{name: "least_time second chance", method: "least_time header", servers: []string{"a fail_timeout=1s", "b fail_timeout=1s"},
		slow: map[string]time.Duration{"b": 70 * time.Millisecond}, steps: "4 6500ms 4",
		want: "a b a a a b a a"},
	{name: "least_time failure", method: "least_time header", servers: []string{"a", "b", "c backup"},
		steps: "2 -a 4 -b 2",
		want:  "a b ab b b b bc c"},
	{name: "least_time inflight", method: "least_time header inflight", servers: []string{"a", "b"},
		steps: "2 hang 1100ms 5 done 6",
		want:  "a b a b b b b b b b b b b b"},

	{name: "hash", method: "hash $arg_k", servers: []string{"a", "b", "c", "d"}, steps: "30",
		want: "b c d a a d c b c b d a b c c b a d a d c b a d d a b c b c"},
	{name: "hash weights", method: "hash $arg_k", servers: []string{"a weight=5", "b", "c weight=2"}, steps: "30",
		want: "a c c a a a a b a b c a a c a b a a a a a b a a c a a c a c"},
	{name: "hash failure", method: "hash $arg_k", servers: []string{"a", "b", "c"}, steps: "-b 20",
		want: "bc a a a a c a c a a a a a a c c c c c a"},
	{name: "hash mostly down", method: "hash $arg_k", servers: []string{"a down", "b down", "c down", "d", "e down", "f"}, steps: "20",
		want: "f f d f f f f f f d d d d f f d d f f d"},
	{name: "hash empty key", method: "hash $arg_k", servers: []string{"a", "b"}, keys: []string{""}, steps: "4",
		want: "a b a b"},
	{name: "hash fail over", method: "hash $arg_k", servers: []string{"a", "b", "c", "d", "e"}, keys: []string{"same"}, steps: "1 -a 2 -b 2 -c 2 -d 2 -e 2",
		want: "e e e e e e e e e eacdb !"},

	{name: "consistent", method: "hash $arg_k consistent", servers: []string{"a", "b", "c", "d"}, steps: "40",
		want: "c c c a a a d b d b d d a d a d b b a a b d b b a a c c a c c c c a a b c b d d"},
	{name: "consistent weights", method: "hash $arg_k consistent", servers: []string{"a weight=5", "b", "c weight=2"}, steps: "40",
		want: "c a c a a c b b c b a a a a a a b c a a c a b a a a a c a c a a a a a a c a a a"},
	{name: "consistent down", method: "hash $arg_k consistent", servers: []string{"a", "b down", "c", "d"}, steps: "40",
		want: "c c c a a a d c d c d d a d a d a c a a d d c a a a c c a c c c c a a c c a d d"},
	{name: "consistent failure", method: "hash $arg_k consistent", servers: []string{"a", "b", "c"}, steps: "-b 20",
		want: "c c c a a a bc c a c c a a a a a a c a a"},
	{name: "consistent fail over", method: "hash $arg_k consistent", servers: []string{"a", "b", "c", "d", "e"}, keys: []string{"same"}, steps: "1 -a 2 -b 2 -c 2 -d 2 -e 2",
		want: "c c c c c cae e e e ebd! !"},

	{name: "sticky", method: "sticky cookie s", servers: []string{"a route=r1", "b weight=3 route=r2", "c"},
		keys: []string{"", "r1", "r1", "r1", "r2", md5c, "nobody", ""}, steps: "24",
		want: "b a a a b c b b b a a a b c b b c a a a b c b b"},
	{name: "sticky too often", method: "sticky cookie s", servers: []string{"a route=r1", "b", "c"},
		keys: []string{"r1", "r1", "r1", "r1", "", "", "", "", ""}, steps: "18",
		want: "a a a a b c a b c a a a a b c a b c"},
	{name: "sticky failure", method: "sticky cookie s", servers: []string{"a route=r1", "b", "c"},
		keys: []string{"r1", "r1", ""}, steps: "4 -a 8",
		want: "a a b a ac c b c b c b c"},
	{name: "sticky drain", method: "sticky cookie s", servers: []string{"a route=r1 drain", "b route=r2 down", "c"},
		keys: []string{"r1", "", "r2"}, steps: "9",
		want: "a c c a c c a c c"},
	{name: "sticky single drain", method: "sticky cookie s", servers: []string{"a route=r1 drain"},
		keys: []string{"r1", ""}, steps: "4",
		want: "a ! a !"},
	{name: "sticky backup", method: "sticky cookie s", servers: []string{"a", "b", "c route=r3 backup", "d backup"},
		keys: []string{"r3"}, steps: "4 -a -b 5",
		want: "a b a b abc c c c c"},
	{name: "sticky least_conn", method: "least_conn; sticky cookie s", servers: []string{"a route=r1", "b", "c"},
		keys: []string{"r1", "r1", "", ""}, steps: "4 hang hang 4 done done -a 4",
		want: "a a a b a a c c a a b c ab c"},
	{name: "sticky hash", method: "hash fixed; sticky cookie s", servers: []string{"a route=r1", "b", "c route=r3"},
		keys: []string{"r1", "r3", ""}, steps: "6 -a 4",
		want: "a c a a c a ac c c c"},
	{name: "sticky consistent", method: "hash fixed consistent; sticky cookie s", servers: []string{"a route=r1", "b", "c route=r3"},
		keys: []string{"r1", "r3", ""}, steps: "6 -a 4",
		want: "a c b a c b ab c b b"},

	{name: "ip_hash", method: "ip_hash", servers: []string{"a", "b", "c", "d"}, keys: clients(24), steps: "24",
		want: "a d c a d c a c b a c b a c a d c a d c a c b a"},
	{name: "ip_hash weights", method: "ip_hash", servers: []string{"a weight=4", "b weight=2", "c"}, keys: clients(24), steps: "24",
		want: "a a c a c b c a b b a b a b a a a a a a c c b a"},
	{name: "ip_hash failure", method: "ip_hash", servers: []string{"a", "b", "c"}, keys: clients(24), steps: "-c 24",
		want: "cb a a a a b b b b b a b b b b b a b a a b a a b"},
	{name: "ip_hash down", method: "ip_hash", servers: []string{"a", "b down", "c"}, keys: clients(24), steps: "24",
		want: "c c c c c c c c a a c c a a c c a c a a c a a c"},
}

// md5c is the route of server c if it has none of its own.
var md5c = routeOf(address('c'))

func clients(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("127.%d.%d.%d", i*37%256, i*101%256, 1+i%2)
	}
	return list
}

func (tt *pickTest) key(i int) string {
	if tt.keys == nil {
		return "k" + strconv.Itoa(i)
	}
	return tt.keys[i%len(tt.keys)]
}

// driver is something that has the group of a test.
type driver interface {
	request(key string) string
	hang(key string) string
	done()
	live(letter byte, live bool)
	sleep(time.Duration)
}

func (tt *pickTest) run(t *testing.T, d driver) string {
	t.Helper()
	var got []string
	requests := 0
	key := func() string { requests++; return tt.key(requests - 1) }
	for _, step := range strings.Fields(tt.steps) {
		switch {
		case step == "hang":
			got = append(got, d.hang(key()))
		case step == "done":
			d.done()
		case step[0] == '-' || step[0] == '+':
			d.live(step[1], step[0] == '+')
		case strings.HasSuffix(step, "s"):
			p, err := time.ParseDuration(step)
			if err != nil {
				t.Fatal(err)
			}
			d.sleep(p)
		default:
			n, err := strconv.Atoi(step)
			if err != nil {
				t.Fatal(err)
			}
			for range n {
				got = append(got, d.request(key()))
			}
		}
	}
	return strings.Join(got, " ")
}

func TestPicks(t *testing.T) {
	for _, tt := range pickTests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := tt.run(t, newModel(t, &tt)); got != tt.want {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
			})
		})
	}
}

// A model is the group of a test in this package, used as the gateway would.
type model struct {
	g      *Group
	ip     bool
	sticky bool
	slow   map[string]time.Duration
	dead   map[string]bool
	held   []held
}

type held struct {
	t     *Tried
	start time.Time
}

func newModel(t *testing.T, tt *pickTest) *model {
	t.Helper()
	var list []*Peer
	for _, s := range tt.servers {
		list = append(list, parsePeer(t, s))
	}
	g, err := New("!", list, balancer(tt.method), Keepalive{})
	if err != nil {
		t.Fatal(err)
	}
	return &model{g: g, ip: tt.method == "ip_hash", sticky: strings.Contains(tt.method, "sticky"), slow: tt.slow, dead: map[string]bool{}}
}

func address(letter byte) string { return "127.0.0.1:" + strconv.Itoa(21001+int(letter-'a')) }

func letterOf(addr string) string {
	port, err := strconv.Atoi(strings.TrimPrefix(addr, "127.0.0.1:"))
	if err != nil {
		return addr
	}
	return string(rune('a' + port - 21001))
}

func parsePeer(t testing.TB, s string) *Peer {
	t.Helper()
	f := strings.Fields(s)
	addr := address(f[0][0])
	p := NewPeer(addr, netip.MustParseAddrPort(addr))
	for _, a := range f[1:] {
		name, value, _ := strings.Cut(a, "=")
		n, _ := strconv.Atoi(value)
		switch name {
		case "weight":
			p.Weight = n
		case "max_fails":
			p.MaxFails = n
		case "max_conns":
			p.MaxConns = n
		case "fail_timeout":
			p.FailTimeout, _ = time.ParseDuration(value)
		case "backup":
			p.Backup = true
		case "down":
			p.Down = true
		case "drain":
			p.Drain = true
		case "route":
			p.Route = value
		default:
			t.Fatalf("parameter %q", a)
		}
	}
	return p
}

func balancer(method string) Balancer {
	method, _, _ = strings.Cut(method, ";")
	switch method {
	case "least_conn":
		return LeastConn{}
	case "least_time header":
		return &LeastTime{Header: true}
	case "least_time header inflight":
		return &LeastTime{Header: true, Inflight: true}
	case "least_time last_byte":
		return &LeastTime{}
	case "ip_hash":
		return IPHash{}
	case "hash $arg_k", "hash fixed":
		return Hash{}
	case "hash $arg_k consistent", "hash fixed consistent":
		return &ConsistentHash{}
	}
	return RoundRobin{}
}

func (m *model) begin(key string) *Tried {
	t := &Tried{}
	k := []byte(key)
	if m.ip {
		k = netip.MustParseAddr(key).AsSlice()
	}
	if m.sticky {
		m.g.Begin(t, []byte("fixed"))
		t.Hint = k
		return t
	}
	m.g.Begin(t, k)
	return t
}

func (m *model) try(t *Tried) (tried string, ok bool) {
	for {
		p, err := m.g.Next(t)
		if err != nil {
			return tried + m.g.Name, false
		}
		tried += letterOf(p.Name)
		if !m.dead[p.Name] {
			return tried, true
		}
		m.g.Free(t, Failed)
		if t.Tries == 0 {
			return tried, false
		}
	}
}

func (m *model) request(key string) string {
	h := held{m.begin(key), time.Now()}
	tried, ok := m.try(h.t)
	if ok {
		time.Sleep(m.slow[tried[len(tried)-1:]])
		m.end(h)
	}
	return tried
}

func (m *model) end(h held) {
	h.t.Header = time.Since(h.start)
	m.g.Answered(h.t)
	h.t.Response = time.Since(h.start)
	m.g.Free(h.t, OK)
}

func (m *model) hang(key string) string {
	h := held{m.begin(key), time.Now()}
	tried, ok := m.try(h.t)
	if ok {
		m.held = append(m.held, h)
	}
	return tried[len(tried)-1:]
}

func (m *model) done() {
	m.end(m.held[0])
	m.held = m.held[1:]
}

func (m *model) live(letter byte, live bool) { m.dead[address(letter)] = !live }

func (m *model) sleep(d time.Duration) { time.Sleep(d) }
