package pass

import (
	"errors"
	"math"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/filecache"
	"understudy/runtime/gateway"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A caching is what the …_cache_… directives say in one block.
type caching struct {
	where           spec.Value[cacheName]
	key             spec.Value[*httpd.Template]
	valid           spec.Value[[]gateway.Validity]
	minUses         spec.Value[int]
	maxRange        spec.Value[int64]
	useStale        spec.Value[gateway.Condition]
	methods         spec.Value[httpd.MethodSet]
	lock            spec.Value[bool]
	timeout, age    spec.Value[time.Duration]
	revalidate      spec.Value[bool]
	background      spec.Value[bool]
	convertHead     spec.Value[bool]
	bypass, noCache spec.Value[[]*httpd.Template]
}

// A Condition is a field of the client that has no effect if the response may be kept,
// and what is sent in its place, unless the configuration sets it.
type Condition struct{ Field, Value string }

// Conditions are all of them: what may be kept is asked for as a whole, unless what is
// kept is still current. (ngx_http_proxy_cache_headers, ngx_http_fastcgi_cache_headers)
var Conditions = []Condition{
	{"If-Modified-Since", "$upstream_cache_last_modified"}, {"If-Unmodified-Since", ""},
	{"If-None-Match", "$upstream_cache_etag"}, {"If-Match", ""}, {"Range", ""}, {"If-Range", ""},
}

// A cacheName is what a …_cache directive says.
type cacheName struct {
	on   bool
	zone string
	name *httpd.Template // if it has variables; nil otherwise
}

// caching are the directives about responses that are kept in a cache.
func (d family[C]) caching() []spec.Directive[C] {
	at := func(c *C) *caching { return &d.at(c).cache }
	flag := func(name, def, doc string, field func(*caching) *spec.Value[bool]) spec.Directive[C] {
		return d.directive("cache_"+name, "on | off", def, doc, spec.SetFlag(func(c *C) *spec.Value[bool] { return field(at(c)) }))
	}
	duration := func(name, doc string, field func(*caching) *spec.Value[time.Duration]) spec.Directive[C] {
		return d.directive("cache_"+name, "time", "5s", doc, spec.SetTime(func(c *C) *spec.Value[time.Duration] { return field(at(c)) }, true))
	}
	conditions := func(name, doc string, field func(*caching) *spec.Value[[]*httpd.Template]) spec.Directive[C] {
		return d.directive(name, "string ...", "", doc, spec.SetPredicates(func(c *C) *spec.Value[[]*httpd.Template] { return field(at(c)) }))
	}
	keyDoc := ""
	if d.CacheKey != "" {
		keyDoc = " It is " + d.CacheKey + " by default."
	}
	where := d.directive("cache", "zone | off", "off", "Keeps responses in a cache.", d.cacheSetter())
	where.Args, where.Names = spec.Exactly(1), spec.ZoneName
	path := d.directive("cache_path", "path [levels=levels] [use_temp_path=on|off] keys_zone=name:size [inactive=time] [max_size=size] [min_free=size] "+
		"[manager_files=number] [manager_sleep=time] [manager_threshold=time] [loader_files=number] [loader_sleep=time] [loader_threshold=time]", "",
		"Sets the folder of a cache, and the zone with its keys.",
		spec.Do(func(_ *C, call *spec.Call) error { return addCache(d.Prefix, call) }))
	path.In, path.Args, path.Names = spec.HTTP, spec.AtLeast(2), spec.FolderName
	valid := d.directive("cache_valid", "[code ...] time", "", "Sets how long responses with a status are fresh that do not say so themselves.",
		spec.Fill(func(c *C) *spec.Value[[]gateway.Validity] { return &at(c).valid }, addValid))
	valid.Args = spec.AtLeast(1)
	ds := []spec.Directive[C]{
		where, path, valid,
		d.directive("cache_key", "string", "", "Sets what tells responses apart."+keyDoc,
			spec.SetTemplate(func(c *C) *spec.Value[*httpd.Template] { return &at(c).key })),
		d.directive("cache_min_uses", "number", "1", "Sets after how many requests a response is kept.",
			spec.SetNumber(func(c *C) *spec.Value[int] { return &at(c).minUses }, 0, 0)),
		d.directive("cache_max_range_offset", "number", "", "Sets behind which offset a range is passed as it is and not kept.",
			spec.SetSize(func(c *C) *spec.Value[int64] { return &at(c).maxRange }, true)),
		scalar(d, "cache_use_stale", strings.Replace(d.Next.syntax(), "off", "updating | off", 1), "off", "Says in which cases a response is used that is not fresh any more.",
			spec.Enum, spec.AtLeast(1), func(c *Conf) *spec.Value[gateway.Condition] { return &c.cache.useStale }, d.Next.parse),
		scalar(d, "cache_methods", "GET | HEAD | POST ...", "GET HEAD", "Says to requests of which methods responses are kept.",
			spec.Enum, spec.AtLeast(1), func(c *Conf) *spec.Value[httpd.MethodSet] { return &c.cache.methods }, parseMethods),
		flag("lock", "off", "Lets one request at a time ask for what is not in the cache.", func(c *caching) *spec.Value[bool] { return &c.lock }),
		duration("lock_timeout", "Limits how long others wait for it.", func(c *caching) *spec.Value[time.Duration] { return &c.timeout }),
		duration("lock_age", "Limits how long it is waited for before another one asks.", func(c *caching) *spec.Value[time.Duration] { return &c.age }),
		flag("revalidate", "off", "Asks whether a response is still current.", func(c *caching) *spec.Value[bool] { return &c.revalidate }),
		flag("background_update", "off", "Renews a response while the stale one is sent.", func(c *caching) *spec.Value[bool] { return &c.background }),
		conditions("cache_bypass", "Says when a response is not taken from the cache.", func(c *caching) *spec.Value[[]*httpd.Template] { return &c.bypass }),
		conditions("no_cache", "Says when a response is not kept.", func(c *caching) *spec.Value[[]*httpd.Template] { return &c.noCache }),
	}
	if d.ConvertHead {
		ds = append(ds, flag("convert_head", "on", "Passes HEAD on as GET, to keep the response.", func(c *caching) *spec.Value[bool] { return &c.convertHead }))
	}
	return ds
}

// cacheSetter is that of …_cache, which excludes …_store in one block and turns that of
// a block around off.
func (d family[C]) cacheSetter() spec.Setter[C] {
	return spec.Scalar(func(c *C) *spec.Value[cacheName] { return &d.at(c).cache.where }, spec.Text, spec.Exactly(1), nil, func(call *spec.Call) (cacheName, error) {
		text := call.Args[0].Text
		if text == "off" {
			return cacheName{}, nil
		}
		name, err := call.Template(0)
		if err != nil {
			return cacheName{}, err
		}
		if lit, ok := name.Literal(); ok {
			text, name = string(lit), nil
			if err := call.Zones().Refer(cacheOwner(d.Prefix), text); err != nil {
				return cacheName{}, call.Errorf(0, "%v", err)
			}
		}
		return cacheName{true, text, name}, nil
	}).Checked(func(c *C, _ *spec.Call) error {
		if conf := d.at(c); conf.cache.where.V.on && conf.store.V.on {
			return errors.New(`is incompatible with "` + d.Prefix + `store"`)
		}
		return nil
	}).Inheriting(func(child, parent *C) {
		in, out := d.at(child), d.at(parent)
		switch {
		case in.cache.where.Given():
		case in.store.Given() && in.store.V.on:
		default:
			in.cache.where = out.cache.where
		}
	})
}

// addValid is ngx_http_file_cache_valid_set_slot.
func addValid(list *[]gateway.Validity, call *spec.Call) error {
	last := len(call.Args) - 1
	d, ok := spec.ParseTime(call.Args[last].Text, false)
	if !ok {
		return call.Errorf(last, `invalid time value "%s"`, call.Args[last].Text)
	}
	seconds := int64(d / time.Second)
	if last == 0 {
		for _, status := range []int{200, 301, 302} {
			*list = append(*list, gateway.Validity{Status: status, Seconds: seconds})
		}
	}
	for i, a := range call.Args[:last] {
		status := 0
		if a.Text != "any" {
			if status, ok = spec.ParseNumber(a.Text); !ok || status < 100 || status > 599 {
				return call.Errorf(i, `invalid status "%s"`, a.Text)
			}
		}
		*list = append(*list, gateway.Validity{Status: status, Seconds: seconds})
	}
	return nil
}

func parseMethods(call *spec.Call) (set httpd.MethodSet, err error) {
	methods := map[string]httpd.MethodSet{"get": httpd.GET, "head": httpd.HEAD, "post": h1.POST}
	for i, a := range call.Args {
		m := methods[strings.ToLower(a.Text)]
		if m == 0 {
			return 0, call.Errorf(i, `invalid value "%s"`, a.Text)
		}
		if set&m != 0 {
			call.Warnf(i, "duplicate-value", `duplicate value "%s"`, a.Text)
		}
		set |= m
	}
	return set, nil
}

// checkCache is what nginx checks of the cache when the block is complete.
func (c *Conf) checkCache(k Kind, b *spec.Builder) error {
	w := &c.cache.where
	if !w.V.on {
		return nil
	}
	if w.V.name == nil && cachesOf(b.Scope, k.Prefix)[w.V.zone] == nil {
		return b.ErrorAtEnd(w.Pos, "unknown-zone", `"%scache" zone "%s" is unknown`, k.Prefix, w.V.zone)
	}
	if k.CacheKey == "" && c.cache.key.V == nil {
		b.Warnf(w.Pos, "no-cache-key", `no "%[1]scache_key" for "%[1]scache"`, k.Prefix)
	}
	return nil
}

// Caches reports whether responses are kept in a cache.
func (c *Conf) Caches() bool { return c.cache.where.V.on }

// Caching returns what the directives mean to the gateway, nil if there is no cache. key
// makes the default key; nil: there is none.
func (c *Conf) Caching(k Kind, b *spec.Builder, key func(*httpd.Request, *gateway.State) []byte) *gateway.Caching {
	x := &c.cache
	if !x.where.V.on {
		return nil
	}
	g := &gateway.Caching{
		Find: findCache(x.where.V, cachesOf(b.Scope, k.Prefix)), Key: key, Module: strings.TrimSuffix(k.Prefix, "_"),
		Valid: x.valid.V, MinUses: x.minUses.V, MaxRangeOffset: -1, UseStale: x.useStale.V,
		Methods: x.methods.V | httpd.GET | httpd.HEAD,
		Lock:    x.lock.V, LockTimeout: x.timeout.V, LockAge: x.age.V,
		Revalidate: x.revalidate.V, BackgroundUpdate: x.background.V, ConvertHead: x.convertHead.V,
		Bypass: x.bypass.V, NoCache: x.noCache.V,
	}
	if x.maxRange.Given() && x.maxRange.V != math.MaxInt64 {
		g.MaxRangeOffset = x.maxRange.V
	}
	if t := x.key.V; t != nil {
		g.Key = func(r *httpd.Request, _ *gateway.State) []byte { return r.Eval(t) }
	} else if key == nil {
		g.Key = func(*httpd.Request, *gateway.State) []byte { return nil }
	}
	return g
}

func findCache(w cacheName, known map[string]*filecache.Cache) func(*httpd.Request) (*filecache.Cache, httpd.Status) {
	if w.name == nil {
		cache := known[w.zone]
		return func(*httpd.Request) (*filecache.Cache, httpd.Status) { return cache, httpd.OK }
	}
	return func(r *httpd.Request) (*filecache.Cache, httpd.Status) {
		name := r.Eval(w.name)
		if len(name) == 0 || string(name) == "off" {
			return nil, httpd.OK
		}
		cache := known[string(name)]
		if cache == nil {
			r.Errorf(logs.Error, "cache \"%s\" not found", name)
			return nil, 500
		}
		return cache, httpd.OK
	}
}
