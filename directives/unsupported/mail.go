package unsupported

import "understudy/directives/spec"

// The mail block.
var mailGroups = []group{
	{"mail_auth_http", []row{
		{"auth_http", mails, one, simple},
		{"auth_http_timeout", mails, one, simple},
		{"auth_http_header", mails, spec.Exactly(2), simple},
		{"auth_http_pass_client_cert", mails, one, simple},
	}},
	{"mail_core", []row{
		{"server", spec.Mail, spec.Exactly(0), block},
		{"listen", spec.MailServer, spec.AtLeast(1), simple},
		{"protocol", spec.MailServer, one, simple},
		{"timeout", mails, one, simple},
		{"server_name", mails, one, simple},
		{"error_log", mails, spec.AtLeast(1), simple},
		{"resolver", mails, spec.AtLeast(1), simple},
		{"resolver_timeout", mails, one, simple},
		{"max_errors", mails, one, simple},
	}},
	{"mail_imap", []row{
		{"imap_client_buffer", mails, one, simple},
		{"imap_capabilities", mails, spec.AtLeast(1), simple},
		{"imap_auth", mails, spec.AtLeast(1), simple},
	}},
	{"mail_pop3", []row{
		{"pop3_capabilities", mails, spec.AtLeast(1), simple},
		{"pop3_auth", mails, spec.AtLeast(1), simple},
	}},
	{"mail_proxy", []row{
		{"proxy", mails, one, simple},
		{"proxy_buffer", mails, one, simple},
		{"proxy_timeout", mails, one, simple},
		{"proxy_pass_error_message", mails, one, simple},
		{"xclient", mails, one, simple},
		{"proxy_smtp_auth", mails, one, simple},
		{"proxy_protocol", mails, one, simple},
	}},
	{"mail_realip", []row{
		{"set_real_ip_from", mails, one, simple},
	}},
	{"mail_smtp", []row{
		{"smtp_client_buffer", mails, one, simple},
		{"smtp_greeting_delay", mails, one, simple},
		{"smtp_capabilities", mails, spec.AtLeast(1), simple},
		{"smtp_auth", mails, spec.AtLeast(1), simple},
	}},
	{"mail_ssl", []row{
		{"starttls", mails, one, simple},
		{"ssl_certificate", mails, one, simple},
		{"ssl_certificate_key", mails, one, simple},
		{"ssl_password_file", mails, one, simple},
		{"ssl_certificate_compression", mails, one, simple},
		{"ssl_dhparam", mails, one, simple},
		{"ssl_ecdh_curve", mails, one, simple},
		{"ssl_protocols", mails, spec.AtLeast(1), simple},
		{"ssl_ciphers", mails, one, simple},
		{"ssl_prefer_server_ciphers", mails, one, simple},
		{"ssl_session_cache", mails, spec.Between(1, 2), simple},
		{"ssl_session_tickets", mails, one, simple},
		{"ssl_session_ticket_key", mails, one, simple},
		{"ssl_session_timeout", mails, one, simple},
		{"ssl_verify_client", mails, one, simple},
		{"ssl_verify_depth", mails, one, simple},
		{"ssl_client_certificate", mails, one, simple},
		{"ssl_trusted_certificate", mails, one, simple},
		{"ssl_crl", mails, one, simple},
		{"ssl_conf_command", mails, spec.Exactly(2), simple},
	}},
}
