package proxy

import (
	"errors"
	"os"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/certs"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

// A sslConf is what the proxy_ssl_… directives say in one block.
type sslConf struct {
	reuse, sni, verify spec.Value[bool]
	protocols          spec.Value[certs.Protocols]
	ciphers            spec.Value[string]
	name               spec.Value[*httpd.Template]
	depth              spec.Value[int]
	trusted, crl       spec.Value[string]
	cert, key          spec.Value[string]
	passwords          spec.Value[[][]byte]
}

// tlsDirectives are the directives about TLS to the server.
var tlsDirectives = []spec.Directive[conf]{
	flag("proxy_ssl_session_reuse", "on", "Resumes TLS sessions.", func(c *conf) *spec.Value[bool] { return &c.ssl.reuse }),
	flag("proxy_ssl_server_name", "off", "Tells the server which name is asked for (SNI).", func(c *conf) *spec.Value[bool] { return &c.ssl.sni }),
	flag("proxy_ssl_verify", "off", "Verifies the server's certificate.", func(c *conf) *spec.Value[bool] { return &c.ssl.verify }),
	{
		Name: "proxy_ssl_protocols", In: anywhere, Args: spec.AtLeast(1), Syntax: "[SSLv2] [SSLv3] [TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]", Default: "TLSv1.2 TLSv1.3",
		Doc: "Sets the versions of TLS spoken to the server.",
		Set: spec.SetBits(func(c *conf) *spec.Value[certs.Protocols] { return &c.ssl.protocols }, protocols),
	}, {
		Name: "proxy_ssl_ciphers", In: anywhere, Syntax: "ciphers", Default: "DEFAULT",
		Doc: "Sets the ciphers offered to the server.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.ssl.ciphers }),
	}, {
		Name: "proxy_ssl_name", In: anywhere, Syntax: "name",
		Doc: "Sets the name the server's certificate must have; that of proxy_pass by default.",
		Set: spec.SetTemplate(func(c *conf) *spec.Value[*httpd.Template] { return &c.ssl.name }),
	}, {
		Name: "proxy_ssl_verify_depth", In: anywhere, Syntax: "number", Default: "1",
		Doc: "Limits the number of intermediate certificates.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.ssl.depth }, 0, 0),
	}, {
		Name: "proxy_ssl_trusted_certificate", In: anywhere, Syntax: "file",
		Doc: "Names a file of authorities that servers' certificates are verified with.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.ssl.trusted }),
	}, {
		Name: "proxy_ssl_crl", In: anywhere, Syntax: "file",
		Doc: "Names a file of revoked certificates.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.ssl.crl }),
	}, {
		Name: "proxy_ssl_certificate", In: anywhere, Syntax: "file",
		Doc: "Names the certificate shown to the server.",
		Set: spec.Scalar(func(c *conf) *spec.Value[string] { return &c.ssl.cert }, spec.Text, spec.Exactly(1), nil, constant),
	}, {
		Name: "proxy_ssl_certificate_key", In: anywhere, Syntax: "file",
		Doc: "Names the key of the certificate shown to the server.",
		Set: spec.Scalar(func(c *conf) *spec.Value[string] { return &c.ssl.key }, spec.Text, spec.Exactly(1), nil, constant),
	}, {
		Name: "proxy_ssl_password_file", In: anywhere, Syntax: "file",
		Doc: "Names a file of passwords of keys.",
		Set: spec.Scalar(func(c *conf) *spec.Value[[][]byte] { return &c.ssl.passwords }, spec.Text, spec.Exactly(1), nil, readPasswords),
	},
}

var protocols = map[string]certs.Protocols{
	"sslv2": certs.SSLv2, "sslv3": certs.SSLv3, "tlsv1": certs.TLSv1,
	"tlsv1.1": certs.TLSv1_1, "tlsv1.2": certs.TLSv1_2, "tlsv1.3": certs.TLSv1_3,
}

// constant refuses variables: certificates are loaded with the configuration.
func constant(call *spec.Call) (string, error) {
	text := call.Args[0].Text
	if strings.Contains(text, "$") {
		return "", call.Coded(0, "unsupported", `variables in "%s" are not supported yet`, call.Name.Text)
	}
	return text, nil
}

func readPasswords(call *spec.Call) ([][]byte, error) {
	file := call.Scope.Env().ConfName(call.Args[0].Text)
	if call.Scope.Env().Offline {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, call.Errorf(-1, `open() "%s" failed%s`, file, httpd.Errno(err))
	}
	return certs.ParsePasswords(text), nil
}

// client makes the TLS client of a location.
func (c *sslConf) client(b *spec.Builder) (*gateway.TLS, error) {
	s := certs.ClientSettings{
		Protocols: c.protocols.V, Ciphers: c.ciphers.V, Verify: c.verify.V, Depth: c.depth.V, Reuse: c.reuse.V,
		Passwords: c.passwords.V,
	}
	at := func(v spec.Value[string]) string {
		if v.V == "" {
			return ""
		}
		return b.Env().ConfName(v.V)
	}
	if b.Env().Offline { // no file is opened
		s.Verify = false
	} else {
		s.Trusted, s.CRL, s.Certificate, s.Key = at(c.trusted), at(c.crl), at(c.cert), at(c.key)
	}
	if s.Certificate != "" && s.Key == "" {
		return nil, b.ErrorAtEnd(c.cert.Pos, "no-key", `no "proxy_ssl_certificate_key" is defined for certificate "%s"`, c.cert.V)
	}
	if s.Verify && s.Trusted == "" {
		return nil, b.ErrorAtEnd(c.verify.Pos, "no-authorities", "no proxy_ssl_trusted_certificate for proxy_ssl_verify")
	}
	x, warnings, err := certs.NewClient(s, &certs.Loader{ConfName: b.Env().ConfName})
	for _, w := range warnings {
		b.Warnf(c.protocols.Pos, "tls", "%s", w)
	}
	if err != nil {
		var d diag.Diagnostic
		if errors.As(err, &d) {
			return nil, d
		}
		return nil, b.Errorf(c.cert.Pos, "tls", "%v", err)
	}
	return &gateway.TLS{Client: x, Name: c.name.V, SNI: c.sni.V}, nil
}
