package unsupported

import "understudy/directives/spec"

// What stands in the main and events blocks and is not in directives/core.
var coreGroups = []group{
	{"google_perftools", []row{
		{"google_perftools_profiles", spec.Main, one, simple},
	}},
	{"mail", []row{
		{"mail", spec.Main, spec.Exactly(0), block},
	}},
	{"devpoll", []row{
		{"devpoll_changes", spec.Events, one, simple},
		{"devpoll_events", spec.Events, one, simple},
	}},
	{"eventport", []row{
		{"eventport_events", spec.Events, one, simple},
	}},
	{"iocp", []row{
		{"iocp_threads", spec.Events, one, simple},
		{"post_acceptex", spec.Events, one, simple},
		{"acceptex_read", spec.Events, one, simple},
	}},
	{"kqueue", []row{
		{"kqueue_changes", spec.Events, one, simple},
		{"kqueue_events", spec.Events, one, simple},
	}},
}
