package pass

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

// A TLS is what the …_ssl_… directives say in one block.
type TLS struct {
	reuse, sni, verify spec.Value[bool]
	protocols          spec.Value[certs.Protocols]
	ciphers            spec.Value[string]
	name               spec.Value[*httpd.Template]
	depth              spec.Value[int]
	trusted, crl       spec.Value[string]
	cert, key          spec.Value[string]
	passwords          spec.Value[[][]byte]
}

// TLSDirectives returns the directives about TLS to the server, for the modules
// that have it. at finds the TLS in the module's configuration.
func TLSDirectives[C any](prefix string, at func(*C) *TLS) []spec.Directive[C] {
	flag := func(name, def, doc string, field func(*TLS) *spec.Value[bool]) spec.Directive[C] {
		return spec.Directive[C]{
			Name: prefix + name, In: Anywhere, Syntax: "on | off", Default: def, Doc: doc,
			Set: spec.SetFlag(func(c *C) *spec.Value[bool] { return field(at(c)) }),
		}
	}
	file := func(name, doc string, field func(*TLS) *spec.Value[string]) spec.Directive[C] {
		return spec.Directive[C]{
			Name: prefix + name, In: Anywhere, Syntax: "file", Doc: doc,
			Set: spec.SetText(func(c *C) *spec.Value[string] { return field(at(c)) }),
		}
	}
	own := func(name, doc string, field func(*TLS) *spec.Value[string]) spec.Directive[C] {
		return spec.Directive[C]{
			Name: prefix + name, In: Anywhere, Syntax: "file", Doc: doc,
			Set: spec.Scalar(func(c *C) *spec.Value[string] { return field(at(c)) }, spec.Text, spec.Exactly(1), nil, constant),
		}
	}
	return []spec.Directive[C]{
		flag("ssl_session_reuse", "on", "Resumes TLS sessions.", func(t *TLS) *spec.Value[bool] { return &t.reuse }),
		flag("ssl_server_name", "off", "Tells the server which name is asked for (SNI).", func(t *TLS) *spec.Value[bool] { return &t.sni }),
		flag("ssl_verify", "off", "Verifies the server's certificate.", func(t *TLS) *spec.Value[bool] { return &t.verify }),
		{
			Name: prefix + "ssl_protocols", In: Anywhere, Args: spec.AtLeast(1), Syntax: "[SSLv2] [SSLv3] [TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]", Default: "TLSv1.2 TLSv1.3",
			Doc: "Sets the versions of TLS spoken to the server.",
			Set: spec.SetBits(func(c *C) *spec.Value[certs.Protocols] { return &at(c).protocols }, protocols),
		}, {
			Name: prefix + "ssl_ciphers", In: Anywhere, Syntax: "ciphers", Default: "DEFAULT",
			Doc: "Sets the ciphers offered to the server.",
			Set: spec.SetText(func(c *C) *spec.Value[string] { return &at(c).ciphers }),
		}, {
			Name: prefix + "ssl_name", In: Anywhere, Syntax: "name",
			Doc: "Sets the name the server's certificate must have; that of " + prefix + "pass by default.",
			Set: spec.SetTemplate(func(c *C) *spec.Value[*httpd.Template] { return &at(c).name }),
		}, {
			Name: prefix + "ssl_verify_depth", In: Anywhere, Syntax: "number", Default: "1",
			Doc: "Limits the number of intermediate certificates.",
			Set: spec.SetNumber(func(c *C) *spec.Value[int] { return &at(c).depth }, 0, 0),
		},
		file("ssl_trusted_certificate", "Names a file of authorities that servers' certificates are verified with.", func(t *TLS) *spec.Value[string] { return &t.trusted }),
		file("ssl_crl", "Names a file of revoked certificates.", func(t *TLS) *spec.Value[string] { return &t.crl }),
		own("ssl_certificate", "Names the certificate shown to the server.", func(t *TLS) *spec.Value[string] { return &t.cert }),
		own("ssl_certificate_key", "Names the key of the certificate shown to the server.", func(t *TLS) *spec.Value[string] { return &t.key }),
		{
			Name: prefix + "ssl_password_file", In: Anywhere, Syntax: "file",
			Doc: "Names a file of passwords of keys.",
			Set: spec.Scalar(func(c *C) *spec.Value[[][]byte] { return &at(c).passwords }, spec.Text, spec.Exactly(1), nil, readPasswords),
		},
	}
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

// Client makes the TLS client of a location.
func (c *TLS) Client(prefix string, b *spec.Builder) (*gateway.TLS, error) {
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
		return nil, b.ErrorAtEnd(c.cert.Pos, "no-key", `no "%sssl_certificate_key" is defined for certificate "%s"`, prefix, c.cert.V)
	}
	if s.Verify && s.Trusted == "" {
		return nil, b.ErrorAtEnd(c.verify.Pos, "no-authorities", "no %[1]sssl_trusted_certificate for %[1]sssl_verify", prefix)
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
