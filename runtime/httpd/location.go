package httpd

import (
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
	"understudy/runtime/regex"
)

// A File is what a response body can be sent from.
type File = conn.File

// A Match is the way a location is chosen.
type Match int8

const (
	Prefix   Match = iota // location /path
	NoRegex               // location ^~ /path
	Exact                 // location = /path
	Regex                 // location ~ or ~*
	Named                 // location @name
	Nameless              // if, limit_except: entered by a step, never by URI
)

func (m Match) String() string {
	return [...]string{"", "^~", "=", "~", "@", "if"}[m]
}

// A Location is a compiled location block: everything a request in it needs,
// with inheritance already resolved. It does not change once built.
type Location struct {
	Name     string // as written, without the modifier
	Modifier string // as written: "", "=", "^~", "~" or "~*"
	Match    Match
	Of       Match         // of a Nameless: how the location around it is chosen
	Pattern  *regex.Regexp // of a Regex
	Pos      diag.Pos
	Server   *Server

	Rewrite    []Step
	PreAccess  []Step
	Access     []Step
	PreContent []Step
	Content    *Step  // the content handler: proxy_pass and its like
	Contents   []Step // without one, these are asked in turn: index, static …
	Filters    []Filter
	Log        []Step

	// Slash is set by content handlers such as proxy_pass: a request for
	// the name of the location without its final "/" is redirected to it.
	Slash bool

	// Except is the location that requests whose method is in ExceptMethods
	// are served from (limit_except), or nil.
	Except        *Location
	ExceptMethods MethodSet

	Settings
	tree tree // nested locations
}

// Adopt gives a nameless location the content handler of the one around it
// unless it has its own.
func (l *Location) Adopt(outer *Location) {
	if l.Content == nil {
		l.Content = outer.Content
	}
}

// Settings are the directives of a location that the engine itself reads.
// Times of zero mean "no limit" unless said otherwise.
type Settings struct {
	Internal bool

	FileCache *openfile.Use // open_file_cache; nil: files are opened for each request

	Debug *logs.Parts // of the debug log that ErrorLog takes; nil: none

	MaxBody        int64 // client_max_body_size; 0: unlimited
	BodyBuffer     int   // client_body_buffer_size
	BodyTimeout    time.Duration
	BodyTemp       *TempPath
	BodyInFileOnly BodyFile
	SendTimeout    time.Duration

	KeepaliveTimeout  time.Duration // 0: no keep-alive
	KeepaliveHeader   time.Duration // value of Keep-Alive: timeout=; 0: no header
	KeepaliveRequests int
	KeepaliveTime     time.Duration
	KeepaliveDisable  BrowserSet
	KeepaliveMin      time.Duration // an idle connection stays so long when the configuration retires

	Lingering        Lingering
	LingeringTime    time.Duration
	LingeringTimeout time.Duration
	ResetTimedout    bool

	AbsoluteRedirect     bool
	PortInRedirect       bool
	ServerNameInRedirect bool
	MSIEPadding          bool
	MSIERefresh          bool
	ChunkedTransfer      bool // chunked_transfer_encoding
	ETag                 bool
	IfModifiedSince      ModifiedRule
	MaxRanges            int // -1: unlimited
	ServerTokens         Tokens

	Root    *Template // root or alias
	Alias   bool
	AliasOf int // how many bytes of the URI alias replaces; -1: all of it

	Links     openfile.Links // that may be followed (disable_symlinks)
	LinksFrom *Template      // any link in this first part of a name may be

	Types       map[string][]byte
	DefaultType []byte
	Gzip        GzipRule // set by the gzip modules, not by the core

	Sendfile       bool
	TCPNoDelay     bool
	TCPNoPush      bool
	PostponeOutput int
	LimitRate      *Template
	LimitRateAfter *Template
	Satisfy        Satisfy
	AuthDelay      time.Duration // before 401 is answered

	ErrorPages          []ErrorPage
	RecursiveErrorPages bool

	// One of them must be neither empty nor "0":
	EarlyHints []*Template // to pass a 103 response of a peer
	EarlyRead  []*Template // to read the body first of all

	// PostAction is the URI, or the named location, that is asked when a
	// request has been answered.
	PostAction string

	LogNotFound   bool
	LogSubrequest bool
	SubOutput     int  // subrequest_output_buffer_size
	WarnUnset     bool // uninitialized_variable_warn

	// Resolve finds the addresses of a host while requests are served
	// (resolver); nil if there is no resolver.
	Resolve func(host string) ([]netip.Addr, error)

	ErrorLog *slog.Logger
}

// BodyFile says when a request body goes to a file (client_body_in_file_only).
type BodyFile int8

const (
	BodyFileOff BodyFile = iota
	BodyFileOn
	BodyFileClean
)

// Lingering says when a connection is closed in two steps, so that the client
// can read the response before its own data is refused (lingering_close).
type Lingering int8

const (
	LingeringOff Lingering = iota
	LingeringOn
	LingeringAlways
)

// ModifiedRule is how If-Modified-Since is compared.
type ModifiedRule int8

const (
	ModifiedOff ModifiedRule = iota
	ModifiedExact
	ModifiedBefore
)

// Satisfy says whether all or any access step must allow a request.
type Satisfy int8

const (
	SatisfyAll Satisfy = iota
	SatisfyAny
)

// Tokens is how much of itself the server shows (server_tokens).
type Tokens int8

const (
	TokensOff Tokens = iota
	TokensOn
	TokensBuild
)

// BrowserSet is a set of browsers with a misbehaviour.
type BrowserSet uint8

const (
	BrowserMSIE6 BrowserSet = 1 << iota
	BrowserSafari
	BrowserNone // stands for none of them
)

// A TempPath is a folder for temporary files, made when first used.
type TempPath struct {
	Dir    string
	Levels []int          // digits of each level of subfolders
	Serial *atomic.Uint64 // of the last file of the process, whatever its folder
}

// An ErrorPage says what to do about a status.
type ErrorPage struct {
	Status   int
	To       *Template // a URI, "@name" or a URL
	Args     []byte    // of a literal URI
	Variable bool      // To has variables, so its arguments are split off late
	Code     int       // of the answer; 0: of the new response; -1: Status
	Pos      diag.Pos
}
