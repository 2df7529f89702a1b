package unsupported

import "understudy/directives/spec"

// Who may ask, and how often.
var accessGroups = []group{
	{"http_auth_basic", []row{
		{"auth_basic", anywhere | spec.LimitExcept, one, simple},
		{"auth_basic_user_file", anywhere | spec.LimitExcept, one, simple},
	}},
	{"http_auth_request", []row{
		{"auth_request", anywhere, one, simple},
		{"auth_request_set", anywhere, spec.Exactly(2), simple},
	}},
	{"http_referer", []row{
		{"valid_referers", spec.Server | spec.Location, spec.AtLeast(1), simple},
		{"referer_hash_max_size", spec.Server | spec.Location, one, simple},
		{"referer_hash_bucket_size", spec.Server | spec.Location, one, simple},
	}},
	{"http_secure_link", []row{
		{"secure_link", anywhere, one, simple},
		{"secure_link_md5", anywhere, one, simple},
		{"secure_link_secret", anywhere, one, simple},
	}},
}
