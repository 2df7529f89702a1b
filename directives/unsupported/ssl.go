package unsupported

import "understudy/directives/spec"

// TLS of http and stream.
var sslGroups = []group{
	{"stream_ssl", []row{
		{"ssl_handshake_timeout", streams, one, simple},
		{"ssl_certificate", streams, one, simple},
		{"ssl_certificate_key", streams, one, simple},
		{"ssl_certificate_cache", streams, spec.Between(1, 3), simple},
		{"ssl_ech_file", streams, one, simple},
		{"ssl_password_file", streams, one, simple},
		{"ssl_certificate_compression", streams, one, simple},
		{"ssl_dhparam", streams, one, simple},
		{"ssl_ecdh_curve", streams, one, simple},
		{"ssl_protocols", streams, spec.AtLeast(1), simple},
		{"ssl_ciphers", streams, one, simple},
		{"ssl_verify_client", streams, one, simple},
		{"ssl_verify_depth", streams, one, simple},
		{"ssl_client_certificate", streams, one, simple},
		{"ssl_trusted_certificate", streams, one, simple},
		{"ssl_prefer_server_ciphers", streams, one, simple},
		{"ssl_session_cache", streams, spec.Between(1, 2), simple},
		{"ssl_session_tickets", streams, one, simple},
		{"ssl_session_ticket_key", streams, one, simple},
		{"ssl_session_timeout", streams, one, simple},
		{"ssl_crl", streams, one, simple},
		{"ssl_ocsp", streams, one, simple},
		{"ssl_ocsp_responder", streams, one, simple},
		{"ssl_ocsp_cache", streams, one, simple},
		{"ssl_stapling", streams, one, simple},
		{"ssl_stapling_file", streams, one, simple},
		{"ssl_stapling_responder", streams, one, simple},
		{"ssl_stapling_verify", streams, one, simple},
		{"ssl_conf_command", streams, spec.Exactly(2), simple},
		{"ssl_reject_handshake", streams, one, simple},
		{"ssl_alpn", streams, spec.AtLeast(1), simple},
	}},
}
