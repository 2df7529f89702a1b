package unsupported

// Who may ask, and how often.
var accessGroups = []group{
	{"http_secure_link", []row{
		{"secure_link", anywhere, one, simple},
		{"secure_link_md5", anywhere, one, simple},
		{"secure_link_secret", anywhere, one, simple},
	}},
}
