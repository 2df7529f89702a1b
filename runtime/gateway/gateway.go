// Package gateway passes a request to a peer of an upstream group and the
// peer's response back to the client. It knows when a request is tried again,
// how bodies move and what becomes of a connection; what is said to a peer is a
// Protocol's business.
//
// https://nginx.org/en/docs/http/ngx_http_upstream_module.html
package gateway

import (
	"errors"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/upstream"
)

// A Protocol is how a peer is spoken to, and its answer understood.
type Protocol struct {
	Scheme string // "http://", for logs
	Secure string // "https://": Scheme over TLS
	// AppendRequest appends the head of the request, in a form that
	// may be sent to any peer.
	AppendRequest func(dst []byte, r *httpd.Request, s *State) ([]byte, httpd.Status)

	// Framing is what stands around the pieces of the request's body; nil: the
	// chunked coding if State.Chunked, nothing otherwise.
	Framing *Framing

	// NeedsLength says that a body can be passed on as it comes only if its
	// length is known.
	NeedsLength bool

	// ReadHead reads the head of the response from the start of b, and takes
	// it and what precedes the body out of b. It fills State.Head, and says by
	// State.Body how the body is read. The error is h1.ErrMore if the head
	// goes on behind b, ErrLogged, or says what the upstream sent wrong.
	ReadHead func(r *httpd.Request, s *State, b *buf.Buffer) error
}

// ErrLogged is the error of a head that cannot be passed on, if the log says
// why already.
var ErrLogged = errors.New("the response is no good")

// Settings are the directives that all protocols share (proxy_read_timeout,
// fastcgi_read_timeout …).
type Settings struct {
	Connect, Send, Read time.Duration
	NextUpstream        Condition
	NextTries           int           // 0: unlimited
	NextTimeout         time.Duration // 0: unlimited
	Buffering           bool
	RequestBuffering    bool
	BufferSize          int             // of the head of the response
	Buffers             int             // number of buffers of the body, for a slow client
	BufferUnit          int             // size of each
	BusySize            int             // the most of them that is being written; 0: no limit
	TempPath            *httpd.TempPath // of what does not fit into them; nil: the peer waits
	MaxTemp             int64           // bytes in a temporary file; 0: none
	TempWrite           int64           // bytes moved to it at once
	Store               *Store          // nil: responses are not stored
	Cache               *Caching        // nil: responses are not cached
	IgnoreAbort         bool
	Intercept           bool
	Intercept404        bool
	PassBody            bool
	Ignore              Ignored
	Hide                *Names // fields that are not passed to the client
	SocketKeepalive     bool
	Bind                *httpd.Template // the local address of connections; nil: the system's choice
	Transparent         bool            // it may be another host's
	RcvBuf, SndBuf      int             // of sockets, in bytes; 0: the system's
	LimitRate           *httpd.Template
	ForceRanges         bool
	PassTrailers        bool

	// Body replaces the request's body if not nil.
	Body *httpd.Template

	// Location, Refresh and Cookie change the fields of that name on their way
	// back, and report whether they did; nil: the fields pass as they are.
	Location, Refresh, Cookie Rewriter
}

// A Rewriter changes the value of a response field.
type Rewriter func(r *httpd.Request, value []byte) (changed []byte, ok bool)

// A Target is where a request goes.
type Target struct {
	Group *upstream.Group
	Key   func(*httpd.Request) []byte // what a balancer places the request by; nil: nothing
	Stick *Sticky                     // nil: there are no sticky sessions
	Name  string                      // as logs name it: host of the pass directive
	TLS   *TLS                        // nil: connections are plain
}

// A Condition is a set of reasons to try the next peer.
type Condition uint32

const (
	OnError Condition = 1 << iota
	OnTimeout
	OnInvalidHeader
	On500
	On502
	On503
	On504
	On403
	On404
	On429
	NonIdempotent
	NextOff
	OnUpdating // of …_cache_use_stale: while the response is renewed
)

var nextStatuses = map[int]Condition{
	500: On500, 502: On502, 503: On503, 504: On504, 403: On403, 404: On404, 429: On429,
}

// Ignored is a set of response fields that have no effect (proxy_ignore_headers).
type Ignored uint16

const (
	IgnoreRedirect Ignored = 1 << iota
	IgnoreExpiresAccel
	IgnoreExpires
	IgnoreCacheControl
	IgnoreSetCookie
	IgnoreLimitRate
	IgnoreBuffering
	IgnoreCharset
	IgnoreVary
)

// Names is a set of field names, in any case.
type Names struct {
	byHash map[uint32][]string
}

// NewNames returns the set of names.
func NewNames(names ...string) *Names {
	n := &Names{byHash: map[uint32][]string{}}
	for _, s := range names {
		h := header.Hash(s)
		n.byHash[h] = append(n.byHash[h], s)
	}
	return n
}

// HasName is Has for a name as text.
func (n *Names) HasName(name string) bool { return n.Has(header.Hash(name), []byte(name)) }

// Has reports whether the set has a name, whose hash is given.
func (n *Names) Has(hash uint32, name []byte) bool {
	if n == nil {
		return false
	}
	for _, s := range n.byHash[hash] {
		if header.EqualFold(name, []byte(s)) {
			return true
		}
	}
	return false
}

// An Attempt is what became of one peer, for $upstream_* and logs.
type Attempt struct {
	Name     string // of the peer, or of the group if none was picked; "" is no attempt, but the end of a pass
	Status   int
	Connect  time.Duration // -1: not connected
	Header   time.Duration // -1: no head
	Response time.Duration // -1: not ended
	Received int64
	Sent     int64
	Length   int64 // of the body
}

// A State is what the gateway remembers of a request. It lives as long as the
// request.
type State struct {
	Attempts []Attempt
	Head     h1.ResponseHead
	Body     Decoder // of the response
	NoBody   bool    // the response has no body, whatever its head says
	Keep     bool    // the connection may be used again when the response has ended
	Upgrade  bool    // the connection becomes a tunnel behind the head
	Nameless bool    // a response without Server or Date is passed on without it, unless that is hidden
	BodyLen  int64   // of the request as it is sent; -1: chunked
	Chunked  bool

	// Of the request line and Host field, set by the protocol.
	URI []byte

	// Host, Port and HostField are what the pass directive evaluated to.
	Host, Port, HostField []byte
	Base                  []byte // what precedes the URI, for keys of a cache
	TryURI                []byte

	tried    upstream.Tried
	session  session
	conn     *upstream.Conn
	out      []byte // the request head as it is sent
	scheme   string
	start    time.Time
	sent     bool // something of the request was sent on this connection
	cached   bool // the connection was idle before
	peerName string
	released bool

	received0, sent0 int64       // what the connection had moved before this request
	buf              *buf.Buffer // of the response
	headBuf          *buf.Buffer // the buffer the head is in, if it is no longer in buf
	set              *Settings   // of this pass
	headLen          int64       // bytes received before the body of the response,
	relays           bool        // which is passed on
	plain            plain
	chunked          chunked
	records          records
	trailed          trailed
	early            int // bytes of interim responses
	frame            [2 * frameRoom]byte
	rate, rated      int64 // bytes a second that may be read (proxy_limit_rate), and those read
	rateStart        time.Time
	tail             h1.Trailers
	abort            abortion
	slow             slowness
	copy             copying
	cache            caching
	group            *upstream.Group // of the response, which came to a request of
	began            time.Time
}

// StateOf returns the gateway's state of a request, or nil.
func StateOf(r *httpd.Request) *State {
	s, _ := r.Upstream.(*State)
	return s
}

// Request returns the head of the request as it was sent.
func (s *State) Request() []byte { return s.out }

// Trailers returns the fields of the response's trailer section.
func (s *State) Trailers() *header.Block { return &s.tail.Block }
