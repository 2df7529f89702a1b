package certs

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"sync"
	"time"
)

// Sessions are resumed by tickets (RFC 5077, RFC 8446 section 4.6.1):
// crypto/tls knows no session IDs. Where the server is to keep sessions and
// not hand them out, the ticket is just a name of a session that is kept.

// sessions is how a server resumes sessions.
type sessions struct {
	context [32]byte // sessions of other servers are not resumed
	timeout time.Duration
	keys    *keys  // of tickets
	kept    *Cache // of sessions, if they are not in tickets
}

// newSessions returns nil if sessions are not to be resumed.
func newSessions(s *Settings, context [32]byte) *sessions {
	x := &sessions{context: context, timeout: s.Timeout}
	switch {
	case !s.Tickets && (s.NoSessions || s.Cache == nil):
		return nil // without a cache there still are tickets, as in nginx
	case !s.Tickets:
		x.kept = s.Cache
		x.keys = new(keys)
	case len(s.TicketKeys) > 0:
		x.keys = &keys{fixed: true}
		for _, text := range s.TicketKeys {
			x.keys.list = append(x.keys.list, sha256.Sum256(text))
		}
	case s.Cache != nil:
		x.keys = &s.Cache.keys
	default:
		x.keys = new(keys)
	}
	return x
}

// keys encrypt tickets: the first new ones, the others what was made with them.
type keys struct {
	mu    sync.Mutex
	list  [][32]byte
	since time.Time
	fixed bool
}

// current returns the keys. One lives as long as the sessions made with it
// may, and as long again.
func (k *keys) current(life time.Duration) [][32]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if k.fixed || len(k.list) > 0 && now.Sub(k.since) < max(life, time.Second) {
		return k.list
	}
	var fresh [32]byte
	rand.Read(fresh[:])
	list := [][32]byte{fresh}
	if len(k.list) > 0 {
		list = append(list, k.list[0])
	}
	k.list, k.since = list, now
	return list
}

// A Cache is what servers share of sessions: the keys of tickets, and sessions.
type Cache struct {
	keys keys

	mu   sync.Mutex
	max  int // sessions
	m    map[[32]byte][]byte
	ring [][32]byte // names in the order in which they were put
	next int
}

// bytesPerSession is about what nginx takes for a session: one megabyte has
// room for 4000.
const bytesPerSession = 256

// NewCache returns a cache with room for size bytes.
func NewCache(size int64) *Cache { return &Cache{max: int(max(size/bytesPerSession, 1))} }

func (c *Cache) put(id [32]byte, session []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[[32]byte][]byte{}
	}
	if len(c.ring) < c.max {
		c.ring = append(c.ring, id)
	} else {
		delete(c.m, c.ring[c.next])
		c.ring[c.next] = id
		c.next = (c.next + 1) % c.max
	}
	c.m[id] = session
}

func (c *Cache) get(id []byte) []byte {
	if len(id) != 32 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[[32]byte(id)]
}

// A note is what is kept with a session besides what crypto/tls keeps.
type note struct {
	created time.Time
	id      [32]byte
	context [32]byte
}

const noteTag = "nginx session\x00"

func (n *note) bytes() []byte {
	b := binary.BigEndian.AppendUint64([]byte(noteTag), uint64(n.created.UnixNano()))
	return append(append(b, n.id[:]...), n.context[:]...)
}

func parseNote(s *tls.SessionState) (n note, ok bool) {
	for _, b := range s.Extra {
		if len(b) != len(noteTag)+8+64 || string(b[:len(noteTag)]) != noteTag {
			continue
		}
		b = b[len(noteTag):]
		n.created = time.Unix(0, int64(binary.BigEndian.Uint64(b)))
		n.id, n.context = [32]byte(b[8:40]), [32]byte(b[40:72])
		return n, true
	}
	return n, false
}

// prepare makes the configuration of one connection resume sessions.
func (x *sessions) prepare(cfg *tls.Config, c *Conn) {
	cfg.SetSessionTicketKeys(x.keys.current(x.timeout))
	var old note
	cfg.WrapSession = func(cs tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
		n := note{created: time.Now(), context: x.context}
		if cs.DidResume {
			n.created = old.created // or it would live forever
		}
		rand.Read(n.id[:])
		c.sessionID, c.hasSession = n.id, true
		s.Extra = append(s.Extra[:0:0], n.bytes())
		if x.kept == nil {
			return cfg.EncryptTicket(cs, s)
		}
		b, err := s.Bytes()
		if err == nil {
			x.kept.put(n.id, b)
		}
		return n.id[:], err
	}
	cfg.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		var s *tls.SessionState
		var err error
		if x.kept == nil {
			s, err = cfg.DecryptTicket(ticket, cs)
		} else if b := x.kept.get(ticket); b != nil {
			s, err = tls.ParseSessionState(b)
		}
		if s == nil || err != nil {
			return nil, nil
		}
		n, ok := parseNote(s)
		if !ok || n.context != x.context || time.Since(n.created) >= x.timeout {
			return nil, nil
		}
		old = n
		c.sessionID, c.hasSession = n.id, true
		return s, nil
	}
}
