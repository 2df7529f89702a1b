package ssl

import (
	"time"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/certs"
	"understudy/runtime/vars"
)

// Why directives are accepted that change nothing.
const (
	whyDH         = "there is no key exchange over finite fields here: clients use elliptic curves"
	whyEarly      = "clients that send early data are told to send it again after the handshake"
	whyCompressed = "certificates are sent as they are, which all clients take"
	whyECH        = "there is no Encrypted Client Hello here, as in nginx with OpenSSL before 4.0"
)

// directives returns those that http and stream have in common.
func directives[S vars.Subject](in spec.Context) []spec.Directive[conf[S]] {
	type c = conf[S]
	type d = spec.Directive[c]
	return []d{{
		Name: "ssl_certificate", Names: spec.CertificateFile, In: in, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names a file with a certificate and the chain it needs, in PEM; once for each kind of key.",
		Set: spec.AddTo(func(c *c) *spec.Value[[]certificates.Name] { return &c.certificates }, certificates.ParseName),
	}, {
		Name: "ssl_certificate_key", Names: spec.CertificateFile, In: in, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names the file with the certificate's private key, in PEM.",
		Set: spec.AddTo(func(c *c) *spec.Value[[]certificates.Name] { return &c.keys }, certificates.ParseName),
	}, {
		Name: "ssl_certificate_cache", Since: "1.27.4", In: in, Args: spec.Between(1, 3), Syntax: "off | max=N [inactive=time] [valid=time]", Default: "off",
		Doc: "Keeps certificates whose names contain variables.",
		Set: spec.Scalar(func(c *c) *spec.Value[certificates.Cache] { return &c.certCache }, spec.Words, spec.Between(1, 3), nil, certificates.ParseCache),
	}, {
		Name: "ssl_ech_file", Names: spec.CertificateFile, Since: "1.29.4", In: in, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names a file with keys for Encrypted Client Hello.",
		Set: spec.Accept(whyECH, spec.AddTo(func(c *c) *spec.Value[[]string] { return &c.ech }, func(call *spec.Call) (string, error) { return call.Args[0].Text, nil })),
	}, {
		Name: "ssl_password_file", Names: spec.CertificateFile, In: in, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names a file with passwords for private keys, one on a line, which are tried in turn.",
		Set: spec.Scalar(func(c *c) *spec.Value[[][]byte] { return &c.passwords }, spec.Words, spec.Exactly(1), nil, certificates.ReadPasswords),
	}, {
		Name: "ssl_certificate_compression", Since: "1.29.1", In: in, Syntax: "on | off", Default: "off",
		Doc: "Compresses certificates.",
		Set: spec.Accept(whyCompressed, spec.SetFlag(func(c *c) *spec.Value[bool] { return &c.compression })),
	}, {
		Name: "ssl_dhparam", Names: spec.CertificateFile, In: in, Syntax: "file",
		Doc: "Names a file with parameters for DHE ciphers.",
		Set: spec.Accept(whyDH, spec.SetText(func(c *c) *spec.Value[string] { return &c.dhparam })),
	}, {
		Name: "ssl_ecdh_curve", In: in, Syntax: "curve", Default: "auto",
		Doc: "Names the groups for key exchange, with colons between them.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.curve }),
	}, {
		Name: "ssl_protocols", In: in, Args: spec.AtLeast(1), Syntax: "[SSLv2] [SSLv3] [TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]", Default: "TLSv1.2 TLSv1.3", Was: certificates.EarlierProtocols,
		Doc: "Names the versions of the protocol that may be used.",
		Set: spec.SetBits(func(c *c) *spec.Value[certs.Protocols] { return &c.protocols }, certificates.Protocols),
	}, {
		Name: "ssl_ciphers", In: in, Syntax: "ciphers", Default: "HIGH:!aNULL:!MD5",
		Doc: "Selects the ciphers that may be used, as OpenSSL has it. Those of TLS 1.3 are not affected.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.ciphers }),
	}, {
		Name: "ssl_verify_client", In: in, Syntax: "on | off | optional | optional_no_ca", Default: "off",
		Doc: "Asks clients for certificates and checks them.",
		Set: spec.SetEnum(func(c *c) *spec.Value[certs.Verify] { return &c.verify }, map[string]certs.Verify{
			"off": certs.VerifyOff, "on": certs.VerifyOn, "optional": certs.VerifyOptional, "optional_no_ca": certs.VerifyOptionalNoCA,
		}),
	}, {
		Name: "ssl_verify_depth", In: in, Syntax: "number", Default: "1",
		Doc: "Limits how many intermediate certificates those of clients may need.",
		Set: spec.SetNumber(func(c *c) *spec.Value[int] { return &c.depth }, 0, 0),
	}, {
		Name: "ssl_client_certificate", Names: spec.CertificateFile, In: in, Syntax: "file",
		Doc: "Names a file with the authorities that client certificates are checked with; clients are told which.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.client }),
	}, {
		Name: "ssl_trusted_certificate", Names: spec.CertificateFile, In: in, Syntax: "file",
		Doc: "Names a file with more authorities, which clients are not told.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.trusted }),
	}, {
		Name: "ssl_prefer_server_ciphers", In: in, Syntax: "on | off", Default: "off",
		Doc: "Lets the server's order of ciphers count, not the client's. That of TLS 1.3 is always crypto/tls's.",
		Set: spec.SetFlag(func(c *c) *spec.Value[bool] { return &c.preferServer }),
	}, {
		Name: "ssl_session_cache", In: in, Args: spec.Between(1, 2), Syntax: "off | none | [builtin[:size]] [shared:name:size]", Default: "none",
		Doc: "Says where sessions are kept. With tickets, clients keep them, and servers with the same cache share the keys.",
		Set: spec.Fill(func(c *c) *spec.Value[sessionCache] { return &c.cache }, parseSessionCache[S]).As(spec.Words),
	}, {
		Name: "ssl_session_tickets", In: in, Syntax: "on | off", Default: "on",
		Doc: "Gives sessions to clients to keep, encrypted.",
		Set: spec.SetFlag(func(c *c) *spec.Value[bool] { return &c.tickets }),
	}, {
		Name: "ssl_session_ticket_key", Names: spec.CertificateFile, In: in, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names a file with a key for tickets, of 48 or 80 bytes; the first makes them, the others only read them.",
		Set: spec.AddTo(func(c *c) *spec.Value[[]string] { return &c.ticketKeys }, func(call *spec.Call) (string, error) { return call.Args[0].Text, nil }),
	}, {
		Name: "ssl_session_timeout", In: in, Syntax: "time", Default: "5m",
		Doc: "Limits how long a session may be resumed.",
		Set: spec.SetTime(func(c *c) *spec.Value[time.Duration] { return &c.timeout }, false),
	}, {
		Name: "ssl_crl", Names: spec.CertificateFile, In: in, Syntax: "file",
		Doc: "Names a file with lists of revoked certificates (CRL).",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.crl }),
	}, {
		Name: "ssl_ocsp", Since: "1.19.0", In: in, Syntax: "on | off | leaf", Default: "off",
		Doc: "Asks a responder whether client certificates are revoked; leaf is only about their own, not those of authorities.",
		Set: spec.SetEnum(func(c *c) *spec.Value[int] { return &c.ocsp }, map[string]int{"off": 0, "on": 1, "leaf": 2}),
	}, {
		Name: "ssl_ocsp_responder", Since: "1.19.0", In: in, Syntax: "url",
		Doc: "Names the responder for ssl_ocsp.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.ocspResponder }),
	}, {
		Name: "ssl_ocsp_cache", Since: "1.19.0", In: in, Syntax: "off | shared:name:size", Default: "off",
		Doc: "Keeps answers for ssl_ocsp.",
		Set: spec.Scalar(func(c *c) *spec.Value[*certs.StatusCache] { return &c.ocspCache }, spec.Words, spec.Exactly(1), nil, parseOCSPCache[S]),
	}, {
		Name: "ssl_stapling", In: in, Syntax: "on | off", Default: "off",
		Doc: "Sends OCSP responses with certificates, for clients that ask for them.",
		Set: spec.SetFlag(func(c *c) *spec.Value[bool] { return &c.stapling }),
	}, {
		Name: "ssl_stapling_file", Names: spec.CertificateFile, In: in, Syntax: "file",
		Doc: "Names a file with the OCSP response, which is not fetched then.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.staplingFile }),
	}, {
		Name: "ssl_stapling_responder", In: in, Syntax: "url",
		Doc: "Names the responder for ssl_stapling, instead of that in the certificate.",
		Set: spec.SetText(func(c *c) *spec.Value[string] { return &c.staplingURL }),
	}, {
		Name: "ssl_stapling_verify", In: in, Syntax: "on | off", Default: "off",
		Doc: "Checks the responses that are fetched, with the trusted authorities.",
		Set: spec.SetFlag(func(c *c) *spec.Value[bool] { return &c.staplingVerify }),
	}, {
		Name: "ssl_conf_command", Since: "1.19.4", In: in, Args: spec.Exactly(2), Syntax: "name value",
		Doc: "Gives OpenSSL a command; those are supported that have a counterpart.",
		Set: spec.AddTo(func(c *c) *spec.Value[[][2]string] { return &c.commands }, func(call *spec.Call) ([2]string, error) {
			return [2]string{call.Args[0].Text, call.Args[1].Text}, nil
		}),
	}, {
		Name: "ssl_reject_handshake", Since: "1.19.4", In: in, Syntax: "on | off", Default: "off",
		Doc: "Rejects all handshakes with the server.",
		Set: spec.SetFlag(func(c *c) *spec.Value[bool] { return &c.reject }),
	}}
}
