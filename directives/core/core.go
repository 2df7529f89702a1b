// Package core declares the directives of the main and events blocks, which are
// about the process: its user, its files, its limits. It checks them, and says
// with Settings what the process shall be; it changes nothing itself.
//
// nginx is one master process and some workers, and much of this chapter is
// about how they divide the work. Here one process does it all, so many of the
// directives are checked and have no effect. Each of them says why.
//
// https://nginx.org/en/docs/ngx_core_module.html
package core

import (
	"slices"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
)

// Module is nginx's ngx_core_module and what stands in its blocks: errlog, conf,
// regex, thread_pool, openssl, events, event_core and epoll.
var Module = spec.CoreModule[conf]{
	Name:       "core",
	Directives: slices.Concat(process, idle, events),
	End:        end,
}

// A conf is what the main and the events block say.
type conf struct {
	daemon   spec.Value[bool]
	pid      spec.Value[string]
	workers  spec.Value[int]
	noFile   spec.Value[int]
	coreSize spec.Value[int64]
	shutdown spec.Value[time.Duration]
	dir      spec.Value[string]
	logs     spec.Value[[]spec.ErrorLog]
	user     *Account
	env      []string

	connections spec.Value[int]
	hasEvents   bool
	debug       DebugConnections

	unused
}

// unused is what is kept to notice duplicates.
type unused struct {
	flags  [6]spec.Value[bool]
	times  [2]spec.Value[time.Duration]
	nums   [3]spec.Value[int]
	words  [2]spec.Value[string]
	masks  int // arguments of worker_cpu_affinity; 0: not given
	auto   bool
	nice   int
	pools  map[string]bool
	loaded map[string]bool
}

// end checks what can be known only of a whole configuration, in nginx's order.
func end(c *conf, main *spec.Scope) error {
	if c.masks > 1 && !c.auto && c.masks != c.workers.V {
		main.Diags().Warn(diag.Pos{}, "cpu-masks", `the number of "worker_processes" is not equal to the number of `+
			`"worker_cpu_affinity" masks, using last mask for remaining worker processes`)
	}
	if !c.hasEvents && !main.Fragment {
		return diag.Diagnostic{Severity: diag.Error, Code: "no-events", Msg: `no "events" section in configuration`}
	}
	return nil
}
