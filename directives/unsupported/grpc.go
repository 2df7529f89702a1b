package unsupported

import "understudy/directives/spec"

// gRPC.
var grpcGroups = []group{
	{"http_grpc", []row{
		{"grpc_pass", spec.Location | spec.LocationIf, one, simple},
		{"grpc_bind", anywhere, spec.Between(1, 2), simple},
		{"grpc_socket_keepalive", anywhere, one, simple},
		{"grpc_socket_rcvbuf", anywhere, one, simple},
		{"grpc_socket_sndbuf", anywhere, one, simple},
		{"grpc_connect_timeout", anywhere, one, simple},
		{"grpc_send_timeout", anywhere, one, simple},
		{"grpc_intercept_errors", anywhere, one, simple},
		{"grpc_buffer_size", anywhere, one, simple},
		{"grpc_read_timeout", anywhere, one, simple},
		{"grpc_next_upstream", anywhere, spec.AtLeast(1), simple},
		{"grpc_next_upstream_tries", anywhere, one, simple},
		{"grpc_next_upstream_timeout", anywhere, one, simple},
		{"grpc_set_header", anywhere, spec.Exactly(2), simple},
		{"grpc_pass_header", anywhere, one, simple},
		{"grpc_hide_header", anywhere, one, simple},
		{"grpc_ignore_headers", anywhere, spec.AtLeast(1), simple},
		{"grpc_ssl_session_reuse", anywhere, one, simple},
		{"grpc_ssl_protocols", anywhere, spec.AtLeast(1), simple},
		{"grpc_ssl_ciphers", anywhere, one, simple},
		{"grpc_ssl_name", anywhere, one, simple},
		{"grpc_ssl_server_name", anywhere, one, simple},
		{"grpc_ssl_verify", anywhere, one, simple},
		{"grpc_ssl_verify_depth", anywhere, one, simple},
		{"grpc_ssl_trusted_certificate", anywhere, one, simple},
		{"grpc_ssl_crl", anywhere, one, simple},
		{"grpc_ssl_certificate", anywhere, one, simple},
		{"grpc_ssl_certificate_key", anywhere, one, simple},
		{"grpc_ssl_certificate_cache", anywhere, spec.Between(1, 3), simple},
		{"grpc_ssl_password_file", anywhere, one, simple},
		{"grpc_ssl_conf_command", anywhere, spec.Exactly(2), simple},
	}},
}
