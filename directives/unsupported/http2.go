package unsupported

import "understudy/directives/spec"

// HTTP/2 and HTTP/3.
var http2Groups = []group{
	{"http_v3", []row{
		{"http3", spec.HTTP | spec.Server, one, simple},
		{"http3_hq", spec.HTTP | spec.Server, one, simple},
		{"http3_max_concurrent_streams", spec.HTTP | spec.Server, one, simple},
		{"http3_stream_buffer_size", spec.HTTP | spec.Server, one, simple},
		{"quic_retry", spec.HTTP | spec.Server, one, simple},
		{"quic_gso", spec.HTTP | spec.Server, one, simple},
		{"quic_host_key", spec.HTTP | spec.Server, one, simple},
		{"quic_active_connection_id_limit", spec.HTTP | spec.Server, one, simple},
	}},
}
