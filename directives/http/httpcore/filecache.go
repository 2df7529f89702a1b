package httpcore

import (
	"time"

	"understudy/directives/spec"
	"understudy/runtime/openfile"
)

// fileCache are the directives of the cache of open files.
var fileCache = []spec.Directive[conf]{{
	Name: "open_file_cache", In: anywhere, Args: spec.Between(1, 2), Syntax: "off | max=N [inactive=time]", Default: "off",
	Doc: "Remembers open files, their sizes and times, and what could not be found.",
	Set: spec.Scalar(func(c *conf) *spec.Value[*openfile.Cache] { return &c.fileCache }, spec.Words, spec.Between(1, 2), nil, parseFileCache),
}, {
	Name: "open_file_cache_valid", In: anywhere, Syntax: "time", Default: "60s",
	Doc: "Sets when what is remembered is looked at again.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.fileValid }, false),
}, {
	Name: "open_file_cache_min_uses", In: anywhere, Syntax: "number", Default: "1",
	Doc: "Sets how often a file is used for it to stay open.",
	Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.fileMinUses }, 0, 0),
}, {
	Name: "open_file_cache_errors", In: anywhere, Syntax: "on | off", Default: "off",
	Doc: "Remembers what could not be opened.",
	Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.fileErrors }),
}}

// parseFileCache makes the cache, which the blocks that inherit it share; nil
// if it is off.
func parseFileCache(call *spec.Call) (*openfile.Cache, error) {
	size, off := 0, false
	inactive := time.Minute
	for _, p := range call.Params(0) {
		ok := false
		switch {
		case p.Key == "max" && p.Has:
			size, ok = spec.ParseNumber(p.Val)
			ok = ok && size > 0
		case p.Key == "inactive" && p.Has:
			inactive, ok = spec.ParseTime(p.Val, false)
		case p.Key == "off" && !p.Has:
			ok, off = true, true
		}
		if !ok {
			return nil, call.Errorf(p.Arg, `invalid "open_file_cache" parameter "%s"`, call.Args[p.Arg].Text)
		}
	}
	switch {
	case off:
		return nil, nil
	case size == 0:
		return nil, call.Errorf(0, `"open_file_cache" must have the "max" parameter`)
	}
	return openfile.NewCache(size, inactive, nil), nil
}

// files is how a block uses the cache, or nil.
func (c *conf) files() *openfile.Use {
	if c.fileCache.V == nil {
		return nil
	}
	return &openfile.Use{Cache: c.fileCache.V, Valid: c.fileValid.V, MinUses: c.fileMinUses.V, Errors: c.fileErrors.V}
}
