package unsupported

import "understudy/directives/spec"

// Makers of responses.
var contentGroups = []group{
	{"http_flv", []row{
		{"flv", spec.Location, spec.Exactly(0), simple},
	}},
	{"http_mp4", []row{
		{"mp4", spec.Location, spec.Exactly(0), simple},
		{"mp4_buffer_size", anywhere, one, simple},
		{"mp4_max_buffer_size", anywhere, one, simple},
		{"mp4_start_key_frame", anywhere, one, simple},
	}},
	{"http_perl", []row{
		{"perl_modules", spec.HTTP, one, simple},
		{"perl_require", spec.HTTP, one, simple},
		{"perl", spec.Location | spec.LimitExcept, one, simple},
		{"perl_set", spec.HTTP, spec.Exactly(2), simple},
	}},
}
