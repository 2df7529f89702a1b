package core

import (
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"understudy/directives/spec"
)

// dynamic is the modules that nginx's build makes files of, if asked to. To load
// one is no more than to know its directives, which may be unsupported.
var dynamic = []string{
	"http_geoip", "http_image_filter", "http_perl", "http_xslt_filter",
	"mail", "stream", "stream_geoip",
}

func loadModule(c *conf, call *spec.Call) error {
	if len(call.Scope.Children) > 0 {
		return errors.New("is specified too late") // nginx has counted its modules
	}
	file := call.Scope.FullName(call.Args[0].Text)
	name := strings.TrimSuffix(path.Base(file), ".so")
	short := strings.TrimSuffix(strings.TrimPrefix(name, "ngx_"), "_module")
	if !slices.Contains(dynamic, short) && !call.Scope.LoadModule(short) {
		why := "modules are built in, and this is none of them"
		if !call.Scope.Offline {
			if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
				why = file + ": cannot open shared object file: No such file or directory"
			}
		}
		return call.Coded(0, "unknown-module", `dlopen() "%s" failed (%s)`, file, why)
	}
	if c.loaded[name] {
		return call.Errorf(0, `module "%s" is already loaded`, name)
	}
	if c.loaded == nil {
		c.loaded = map[string]bool{}
	}
	c.loaded[name] = true
	return nil
}
