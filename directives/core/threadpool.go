package core

import (
	"strings"

	"understudy/directives/spec"
)

// setThreadPool checks a pool as nginx does, which overlooks parameters that it
// does not know.
func setThreadPool(c *conf, call *spec.Call) error {
	name := call.Args[0].Text
	if c.pools[name] {
		return call.Errorf(0, `duplicate thread pool "%s"`, name)
	}
	threads := 0
	for i, arg := range call.Args[1:] {
		if v, ok := strings.CutPrefix(arg.Text, "threads="); ok {
			if threads, ok = spec.ParseNumber(v); !ok || threads == 0 {
				return call.Errorf(i+1, `invalid threads value "%s"`, arg.Text)
			}
		} else if v, ok := strings.CutPrefix(arg.Text, "max_queue="); ok {
			if _, ok := spec.ParseNumber(v); !ok {
				return call.Errorf(i+1, `invalid max_queue value "%s"`, arg.Text)
			}
		} else {
			call.Hintf(i+1, "unknown-parameter", `"%s" is no parameter of "thread_pool" and has no effect`, arg.Text)
		}
	}
	if threads == 0 {
		return call.Errorf(-1, `"thread_pool" must have "threads" parameter`)
	}
	if c.pools == nil {
		c.pools = map[string]bool{}
	}
	c.pools[name] = true
	return nil
}
