package pass

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/filecache"
	"understudy/runtime/zone"
)

// caches are those of a configuration by the owner of their zone and its name.
type caches map[string]map[string]*filecache.Cache

// cachePaths say where the folders were given.
type cachePaths map[string]diag.Pos

// cacheOwner names the zones of a module.
func cacheOwner(prefix string) string { return "http " + prefix + "cache" }

func cachesOf(s *spec.Scope, prefix string) map[string]*filecache.Cache {
	return spec.Result[caches](s)[cacheOwner(prefix)]
}

// addCache is ngx_http_file_cache_set_slot.
func addCache(prefix string, call *spec.Call) error {
	dir := call.Args[0].Text
	if len(dir) > 1 {
		dir = strings.TrimSuffix(dir, "/")
	}
	pace := filecache.Pace{Files: 100, Sleep: 50 * time.Millisecond, Threshold: 200 * time.Millisecond}
	s := filecache.Settings{
		Dir: call.Scope.FullName(dir), UseTempPath: true, Inactive: 10 * time.Minute, Loader: pace, Manager: pace,
	}
	p := cacheParams{Settings: &s}
	for i := range call.Args[1:] {
		if err := p.set(call, i+1); err != nil {
			return err
		}
	}
	if s.Zone == "" || p.size == 0 {
		return call.Errorf(-1, `"%s" must have "keys_zone" parameter`, call.Name.Text)
	}
	paths := spec.Result[cachePaths](call.Scope)
	if paths == nil {
		paths = cachePaths{}
		spec.SetResult(call.Scope, paths)
	}
	if at, ok := paths[s.Dir]; ok {
		return call.Errorf(-1, `the same path name "%s" used in %s:%d and`, s.Dir, at.File, at.Line)
	}
	paths[s.Dir] = call.Pos()
	return p.add(prefix, call)
}

// add adds the cache to those of the configuration.
func (p *cacheParams) add(prefix string, call *spec.Call) error {
	s := p.Settings
	all := spec.Result[caches](call.Scope)
	if all == nil {
		all = caches{}
		spec.SetResult(call.Scope, all)
		spec.SetResult(call.Scope, &filecache.Set{})
	}
	owner := cacheOwner(prefix)
	keys, err := zone.Open(call.Zones(), owner, s.Zone, p.size, func() *filecache.Keys { return filecache.NewKeys(s.Dir, s.Levels, p.size) })
	if err != nil {
		return call.Errorf(-1, "%v", err)
	}
	if all[owner][s.Zone] != nil {
		return call.Errorf(-1, `duplicate zone "%s"`, s.Zone)
	}
	switch {
	case keys.Dir() != s.Dir:
		return settled(call, `cache "%s" uses the "%s" cache path while previously it used the "%s" cache path`, s.Zone, s.Dir, keys.Dir())
	case !slices.Equal(keys.Levels(), s.Levels):
		return settled(call, `cache "%s" had previously different levels`, s.Zone)
	}
	if all[owner] == nil {
		all[owner] = map[string]*filecache.Cache{}
	}
	c := filecache.New(keys, *s)
	all[owner][s.Zone] = c
	set := spec.Result[*filecache.Set](call.Scope)
	set.Caches = append(set.Caches, c)
	spec.SetResult(call.Scope, append(spec.Result[spec.TempDirs](call.Scope), s.Dir))
	return nil
}

// settled is an error about a zone that the configuration before has; nginx names no
// line.
func settled(call *spec.Call, format string, args ...any) error {
	return diag.Diagnostic{Pos: call.Pos(), Severity: diag.Error, Code: "zone-settings", Msg: fmt.Sprintf(format, args...)}
}

// cacheParams reads the parameters of …_cache_path.
type cacheParams struct {
	*filecache.Settings
	size int64
}

func (p *cacheParams) set(call *spec.Call, i int) error {
	text := call.Args[i].Text
	name, value, _ := strings.Cut(text, "=")
	ok := true
	switch name {
	case "levels":
		if !p.setLevels(value) {
			return call.Errorf(i, `invalid "levels" "%s"`, text)
		}
		return nil
	case "use_temp_path":
		if value != "on" && value != "off" {
			return call.Errorf(i, `invalid use_temp_path value "%s", it must be "on" or "off"`, text)
		}
		p.UseTempPath = value == "on"
		return nil
	case "keys_zone":
		return p.setZone(call, i, value)
	case "inactive":
		p.Inactive, ok = spec.ParseTime(value, false)
	case "max_size":
		p.MaxSize, ok = spec.ParseSize(value, true)
	case "min_free":
		p.MinFree, ok = spec.ParseSize(value, true)
	case "loader_files":
		p.Loader.Files, ok = spec.ParseNumber(value)
	case "loader_sleep":
		p.Loader.Sleep, ok = spec.ParseTime(value, true)
	case "loader_threshold":
		p.Loader.Threshold, ok = spec.ParseTime(value, true)
	case "manager_files":
		p.Manager.Files, ok = spec.ParseNumber(value)
	case "manager_sleep":
		p.Manager.Sleep, ok = spec.ParseTime(value, true)
	case "manager_threshold":
		p.Manager.Threshold, ok = spec.ParseTime(value, true)
	default:
		return call.Errorf(i, `invalid parameter "%s"`, text)
	}
	if !ok || !strings.Contains(text, "=") {
		return call.Errorf(i, `invalid %s value "%s"`, name, text)
	}
	return nil
}

// setLevels reads "1:2:2".
func (p *cacheParams) setLevels(text string) bool {
	p.Levels = nil
	for _, l := range strings.Split(text, ":") {
		if l != "1" && l != "2" || len(p.Levels) == 3 {
			return false
		}
		p.Levels = append(p.Levels, int(l[0]-'0'))
	}
	return true
}

const pageSize = 4096

func (p *cacheParams) setZone(call *spec.Call, i int, value string) error {
	text := call.Args[i].Text
	name, size, ok := strings.Cut(value, ":")
	n, ok2 := spec.ParseSize(size, false)
	switch {
	case !ok || !ok2:
		return call.Errorf(i, `invalid keys zone size "%s"`, text)
	case n < 2*pageSize:
		return call.Errorf(i, `keys zone "%s" is too small`, text)
	}
	p.Zone, p.size = name, n
	return nil
}
