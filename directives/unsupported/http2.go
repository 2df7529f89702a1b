package unsupported

import "understudy/directives/spec"

// HTTP/2 and HTTP/3.
var http2Groups = []group{
	{"http_v2", []row{
		{"http2_recv_buffer_size", spec.HTTP, one, simple},
		{"http2_pool_size", spec.HTTP | spec.Server, one, simple},
		{"http2_max_concurrent_streams", spec.HTTP | spec.Server, one, simple},
		{"http2_max_concurrent_pushes", spec.HTTP | spec.Server, one, simple},
		{"http2_max_requests", spec.HTTP | spec.Server, one, simple},
		{"http2_max_field_size", spec.HTTP | spec.Server, one, simple},
		{"http2_max_header_size", spec.HTTP | spec.Server, one, simple},
		{"http2_body_preread_size", spec.HTTP | spec.Server, one, simple},
		{"http2_streams_index_size", spec.HTTP | spec.Server, one, simple},
		{"http2_recv_timeout", spec.HTTP | spec.Server, one, simple},
		{"http2_idle_timeout", spec.HTTP | spec.Server, one, simple},
		{"http2_chunk_size", anywhere, one, simple},
		{"http2_push_preload", anywhere, one, simple},
		{"http2_push", anywhere, one, simple},
	}},
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
