package header

// An ID stands for a field name the engine itself looks at.
type ID uint8

// The known names, spelled as nginx writes them.
const (
	_ ID = iota
	Accept
	AcceptEncoding
	AcceptLanguage
	AcceptRanges
	Age
	Allow
	Authorization
	CacheControl
	Connection
	ContentDisposition
	ContentEncoding
	ContentLength
	ContentRange
	ContentType
	Cookie
	Date
	Depth
	Destination
	ETag
	Expect
	Expires
	Forwarded
	Host
	IfMatch
	IfModifiedSince
	IfNoneMatch
	IfRange
	IfUnmodifiedSince
	KeepAlive
	LastModified
	Link
	Location
	Origin
	Overwrite
	Pragma
	ProxyAuthenticate
	ProxyAuthorization
	ProxyConnection
	Range
	Referer
	Refresh
	RetryAfter
	Server
	SetCookie
	Status
	TE
	Trailer
	TransferEncoding
	Upgrade
	UserAgent
	Vary
	Via
	Warning
	WWWAuthenticate
	XAccelBuffering
	XAccelCharset
	XAccelExpires
	XAccelLimitRate
	XAccelRedirect
	XForwardedFor
	XForwardedHost
	XForwardedProto
	XRealIP
	HTTP2Settings
	numIDs
)

var names = [numIDs]string{
	Accept:             "Accept",
	AcceptEncoding:     "Accept-Encoding",
	AcceptLanguage:     "Accept-Language",
	AcceptRanges:       "Accept-Ranges",
	Age:                "Age",
	Allow:              "Allow",
	Authorization:      "Authorization",
	CacheControl:       "Cache-Control",
	Connection:         "Connection",
	ContentDisposition: "Content-Disposition",
	ContentEncoding:    "Content-Encoding",
	ContentLength:      "Content-Length",
	ContentRange:       "Content-Range",
	ContentType:        "Content-Type",
	Cookie:             "Cookie",
	Date:               "Date",
	Depth:              "Depth",
	Destination:        "Destination",
	ETag:               "ETag",
	Expect:             "Expect",
	Expires:            "Expires",
	Forwarded:          "Forwarded",
	Host:               "Host",
	IfMatch:            "If-Match",
	IfModifiedSince:    "If-Modified-Since",
	IfNoneMatch:        "If-None-Match",
	IfRange:            "If-Range",
	IfUnmodifiedSince:  "If-Unmodified-Since",
	KeepAlive:          "Keep-Alive",
	LastModified:       "Last-Modified",
	Link:               "Link",
	Location:           "Location",
	Origin:             "Origin",
	Overwrite:          "Overwrite",
	Pragma:             "Pragma",
	ProxyAuthenticate:  "Proxy-Authenticate",
	ProxyAuthorization: "Proxy-Authorization",
	ProxyConnection:    "Proxy-Connection",
	Range:              "Range",
	Referer:            "Referer",
	Refresh:            "Refresh",
	RetryAfter:         "Retry-After",
	Server:             "Server",
	SetCookie:          "Set-Cookie",
	Status:             "Status",
	TE:                 "TE",
	Trailer:            "Trailer",
	TransferEncoding:   "Transfer-Encoding",
	Upgrade:            "Upgrade",
	UserAgent:          "User-Agent",
	Vary:               "Vary",
	Via:                "Via",
	Warning:            "Warning",
	WWWAuthenticate:    "WWW-Authenticate",
	XAccelBuffering:    "X-Accel-Buffering",
	XAccelCharset:      "X-Accel-Charset",
	XAccelExpires:      "X-Accel-Expires",
	XAccelLimitRate:    "X-Accel-Limit-Rate",
	XAccelRedirect:     "X-Accel-Redirect",
	XForwardedFor:      "X-Forwarded-For",
	XForwardedHost:     "X-Forwarded-Host",
	XForwardedProto:    "X-Forwarded-Proto",
	XRealIP:            "X-Real-IP",
	HTTP2Settings:      "HTTP2-Settings",
}

// A spelling is a known name with what it takes to write and to find it.
type spelling struct {
	text []byte
	hash uint32
}

var spellings = func() (t [numIDs]spelling) {
	for id, name := range names {
		t[id] = spelling{[]byte(name), Hash(name)}
	}
	return t
}()

// String returns the name of id as nginx spells it, or "".
func (id ID) String() string { return names[id] }

// Name returns the name of id as nginx spells it. It must not be changed.
func (id ID) Name() []byte { return spellings[id].text }

// Hash returns Hash of the name of id.
func (id ID) Hash() uint32 { return spellings[id].hash }

// Known returns the ID of a name in any case, or zero.
func Known[S string | []byte](name S) ID {
	return known([]byte(name), Hash(name))
}

// byHash finds IDs by hash; entries that collide stand in the places that
// follow. It is four times larger than there are names, so a name that is not
// known mostly meets an empty place at once.
var byHash = func() (t [256]ID) {
	for id := ID(1); id < numIDs; id++ {
		i := uint8(slot(spellings[id].hash))
		for t[i] != 0 {
			i++
		}
		t[i] = id
	}
	return t
}()

func slot(hash uint32) uint8 { return uint8(hash>>24 ^ hash) }

func known(name []byte, hash uint32) ID {
	for i := slot(hash); byHash[i] != 0; i++ {
		if s := &spellings[byHash[i]]; s.hash == hash && EqualFold(s.text, name) {
			return byHash[i]
		}
	}
	return 0
}

// HashStart is the hash of an empty name, from which HashByte goes on.
const HashStart uint32 = 2166136261

// HashByte returns the hash of a name that has one more byte.
func HashByte(h uint32, c byte) uint32 { return (h ^ uint32(folded[c])) * 16777619 }

// Hash is the hash of a field name. Neither case nor the difference between
// "-" and "_" counts, so that a variable's name hashes as the field's does.
func Hash[S string | []byte](name S) uint32 {
	h := HashStart
	for i := range len(name) {
		h = HashByte(h, name[i])
	}
	return h
}

// folded maps upper case to lower and "-" to "_".
var folded = func() (t [256]byte) {
	for i := range t {
		t[i] = lower[i]
	}
	t['-'] = '_'
	return t
}()

var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] = byte(i) | 0x20
		}
	}
	return t
}()

// EqualFold reports whether a and b are equal but for the case of ASCII
// letters.
func EqualFold[A, B string | []byte](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower[a[i]] != lower[b[i]] {
			return false
		}
	}
	return true
}

// EqualVar is EqualFold in which "-" and "_" are equal too.
func EqualVar[A, B string | []byte](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if folded[a[i]] != folded[b[i]] {
			return false
		}
	}
	return true
}
