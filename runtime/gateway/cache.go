package gateway

import (
	"time"

	"understudy/runtime/filecache"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// A Caching says which responses are kept in a cache (proxy_cache and its relatives).
type Caching struct {
	// Find returns the cache for a request, nil if there is none.
	Find func(*httpd.Request) (*filecache.Cache, httpd.Status)
	// Key returns the text that tells responses apart.
	Key func(*httpd.Request, *State) []byte

	Module           string // "proxy", for logs
	Valid            []Validity
	MinUses          int
	MaxRangeOffset   int64 // in bytes; -1: no limit
	UseStale         Condition
	Methods          httpd.MethodSet
	Lock             bool
	LockTimeout      time.Duration
	LockAge          time.Duration
	Revalidate       bool
	BackgroundUpdate bool
	ConvertHead      bool
	Bypass, NoCache  []*httpd.Template
}

// A Validity is how long a response with a status is fresh, in seconds.
type Validity struct {
	Status  int // 0: any
	Seconds int64
}

// validFor returns how long a response is fresh that does not say so itself; 0: it is
// not kept.
func (c *Caching) validFor(status int) int64 {
	for _, v := range c.Valid {
		if v.Status == 0 || v.Status == status {
			return v.Seconds
		}
	}
	return 0
}

// A CacheStatus is what $upstream_cache_status says.
type CacheStatus int8

const (
	CacheNone CacheStatus = iota
	CacheMiss
	CacheBypass
	CacheExpired
	CacheStale
	CacheUpdating
	CacheRevalidated
	CacheHit
)

var cacheStatuses = [...]string{"", "MISS", "BYPASS", "EXPIRED", "STALE", "UPDATING", "REVALIDATED", "HIT"}

func (s CacheStatus) String() string { return cacheStatuses[s] }

// A caching is what a State knows of the cache.
type caching struct {
	entry    *filecache.Entry // nil: there is no cache for the request
	protocol *Protocol
	status   CacheStatus
	able     bool // the response may be kept
	get      bool // HEAD is passed on as GET
	hit      bool // the response comes from the cache
	noCache  bool // it says that it is not to be kept
	expired  bool // it has been stale from the start
}

// Cacheable reports whether the response may be kept: then all of it is asked for,
// and not what the conditions of the client's request say.
func (s *State) Cacheable() bool { return s.cache.able }

// AsGet reports whether a HEAD request is passed on as GET, whose response can be
// kept for both.
func (s *State) AsGet() bool { return s.cache.get }

// CacheStatus says what the cache had for the request.
func (s *State) CacheStatus() CacheStatus { return s.cache.status }

// Revalidates returns the entry that the upstream is asked about, nil if it is not.
func (s *State) Revalidates() *filecache.Entry {
	if s.cache.status != CacheExpired || s.set == nil || s.set.Cache == nil || !s.set.Cache.Revalidate {
		return nil
	}
	return s.cache.entry
}

// lookup answers a request from the cache. It reports whether it has; otherwise the
// upstream is asked. (ngx_http_upstream_cache)
func (s *State) lookup(r *httpd.Request, g *upstream.Group, p *Protocol, set *Settings) (st httpd.Status, done bool) {
	c := set.Cache
	if c.Methods&r.MethodID == 0 {
		return 0, false
	}
	cache, st := c.Find(r)
	if cache == nil {
		return st, st != httpd.OK
	}
	s.cache.protocol = p
	s.cache.get = r.MethodID == httpd.HEAD && c.ConvertHead
	e := &filecache.Entry{
		Cache: cache, Fields: &r.Head.Block, Logf: r.Errorf, Errno: httpd.Errno, MinUses: c.MinUses, Limit: set.BufferSize,
		Lock: c.Lock, LockTimeout: c.LockTimeout, LockAge: c.LockAge,
	}
	e.SetKey(c.Key(r, s))
	const room = 256 // for the head of the response
	if need := e.HeadStart + room; need > set.BufferSize {
		r.Errorf(logs.Error, "%s_buffer_size %d is not enough for cache key, it should be increased to at least %d",
			c.Module, set.BufferSize, (need+1023)&^1023)
		return 0, false
	}
	s.cache.entry, s.cache.able = e, true
	if r.Any(c.Bypass) {
		s.cache.status = CacheBypass
		return 0, false
	}
	s.cache.status = CacheMiss
	result := e.Open()
	if status, ok := s.usable(r, c, result); ok {
		s.cache.status = status
		if st, ok := s.sendCached(r, g, set, false); ok {
			return st, true
		}
		s.cache.status = CacheMiss
		result = filecache.Missing
	}
	switch result {
	case filecache.Failed:
		return 500, true
	case filecache.Answer:
		s.cache.status = CacheHit
		return httpd.Status(e.Status), true
	case filecache.Scarce:
		s.cache.able = false
	case filecache.Stale, filecache.Updating:
		e.Valid, e.StaleUpdating, e.StaleError = 0, 0, 0
		s.cache.status = CacheExpired
	}
	if !s.rangeFits(r, c) {
		s.cache.able = false
	}
	return 0, false
}

// usable reports whether what was found is answered as it is. If it is stale it is
// renewed, or somebody else does that.
func (s *State) usable(r *httpd.Request, c *Caching, found filecache.Result) (CacheStatus, bool) {
	e := s.cache.entry
	switch found {
	case filecache.Fresh:
		return CacheHit, true
	case filecache.Stale, filecache.Updating:
	default:
		return 0, false
	}
	if c.UseStale&OnUpdating == 0 && !e.MayUpdating || r.InBackground() {
		return 0, false
	}
	switch {
	case found == filecache.Updating:
		return CacheUpdating, true
	case c.BackgroundUpdate && r.RepeatInBackground():
		e.Background = true
		return CacheStale, true
	}
	return 0, false
}

// rangeFits reports whether all of a response is asked for although the client wants
// a range of it. (ngx_http_upstream_cache_check_range)
func (s *State) rangeFits(r *httpd.Request, c *Caching) bool {
	v := r.Header(header.Range)
	switch {
	case v == nil, !s.cache.able, c.MaxRangeOffset < 0:
		return true
	case c.MaxRangeOffset == 0:
		return false
	case len(v) < 7, !header.EqualFold(v[:6], []byte("bytes=")):
		return true
	}
	p := h1.ScanRange(v[6:])
	p.Spaces()
	if p.Peek() == '-' {
		return false
	}
	from := p.Number()
	return !p.OK || from < c.MaxRangeOffset
}

// sendCached answers with what is in the cache. If renewed, the upstream has said that
// it is current. It reports whether that is possible: otherwise nothing has been sent.
// (ngx_http_upstream_cache_send)
func (s *State) sendCached(r *httpd.Request, g *upstream.Group, set *Settings, renewed bool) (st httpd.Status, ok bool) {
	e := s.cache.entry
	valid, updating, stale := e.Valid, e.StaleUpdating, e.StaleError
	s.headBuf.Free()
	s.buf.Free()
	s.headBuf, s.buf, e.Buf = nil, e.Buf, nil
	s.resetHead()
	if s.buf == nil || e.HeadStart == e.BodyStart || s.cache.protocol.ReadHead(r, s, s.buf) != nil {
		r.Errorf(logs.Crit, "cache file \"%s\" contains invalid header", e.Path())
		return 0, false
	}
	s.cache.hit = true
	s.noteHead(r, set)
	if renewed {
		s.renew(set, valid, updating, stale)
	}
	s.cache.able = s.cache.able && !s.cache.noCache && !s.cache.expired
	if v := s.accelHead(r, set); v != nil {
		return s.accelRedirect(r, g, v, set, s.start), true
	}
	s.copyHead(r, set)
	if st := r.SendHeader(); st != httpd.OK {
		return st, true
	}
	if n := e.Length - int64(e.BodyStart); n > 0 && !r.HeadOnly {
		if r.SendFile(e.File, int64(e.BodyStart), n) != nil {
			return httpd.Aborted, true
		}
	}
	r.End()
	return httpd.Done, true
}

// renew keeps for how long the response is fresh that the upstream has called current.
func (s *State) renew(set *Settings, valid, updating, stale int64) {
	e := s.cache.entry
	now := time.Now().Unix()
	switch {
	case valid != 0:
		e.Valid, e.StaleUpdating, e.StaleError = valid, updating, stale
	case e.Valid == 0:
		if n := set.Cache.validFor(s.Head.Status); n != 0 {
			e.Valid = now + n
		}
	}
	if e.Valid != 0 {
		e.Date = now
		e.Renew()
	}
}

// stale answers with what is in the cache because the upstream failed, for a reason,
// if that is wanted.
func (s *State) stale(r *httpd.Request, g *upstream.Group, set *Settings, reason Condition, asked bool) (st httpd.Status, ok bool) {
	if s.cache.status != CacheExpired || set.Cache.UseStale&reason == 0 && !(asked && s.cache.entry.MayError) {
		return 0, false
	}
	s.cache.status = CacheStale
	if st, ok = s.sendCached(r, g, set, false); !ok {
		st = 500
	}
	return st, true
}

// revalidated answers with what is in the cache if the upstream says that it is
// current.
func (s *State) revalidated(r *httpd.Request, g *upstream.Group, set *Settings) (st httpd.Status, ok bool) {
	if s.Head.Status != 304 || s.Revalidates() == nil {
		return 0, false
	}
	s.attempt().Response = time.Since(s.start)
	s.finish(g, set, s.reusable())
	s.cache.status = CacheRevalidated
	if st, ok = s.sendCached(r, g, set, true); !ok {
		st = 500
	}
	return st, true
}

// intercepted keeps the status of a response that error_page answers for.
func (s *State) intercepted(set *Settings, status int) {
	e := s.cache.entry
	if e == nil || !s.cache.able || s.cache.noCache || s.cache.expired {
		return
	}
	if s.freshness(set, status) {
		e.Status = status
	}
}

// freshness says until when the response is fresh, and reports whether it is at all.
func (s *State) freshness(set *Settings, status int) bool {
	e := s.cache.entry
	if e.Valid == 0 {
		if n := set.Cache.validFor(status); n != 0 {
			e.Valid = time.Now().Unix() + n
		}
	}
	return e.Valid != 0
}

// endCaching ends what the request has to do with the cache. st is what it is answered
// if there was no response. A file that is renewed in the background stays so until
// that is done.
func (s *State) endCaching(set *Settings, st httpd.Status) {
	e := s.cache.entry
	if e == nil {
		return
	}
	if s.cache.able && (st == 502 || st == 504) {
		if n := set.Cache.validFor(int(st)); n != 0 {
			e.Valid, e.Status = time.Now().Unix()+n, int(st)
		}
	}
	if e.Background {
		e.CloseFile()
		return
	}
	e.Close()
}
