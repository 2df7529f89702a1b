package certificates

import (
	"crypto/tls"
	"errors"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/certs"
	"understudy/runtime/upstream"
	"understudy/runtime/vars"
)

// An Upstream is what the …_ssl_… directives about upstream servers say in one
// block.
type Upstream[S vars.Subject] struct {
	reuse, sni, verify spec.Value[bool]
	protocols          spec.Value[certs.Protocols]
	ciphers            spec.Value[string]
	name               spec.Value[*vars.Template[S]]
	depth              spec.Value[int]
	trusted, crl       spec.Value[string]
	cert, key          spec.Value[Name]
	cache              spec.Value[Cache]
	passwords          spec.Value[[][]byte]
	commands           spec.Value[[][2]string]
}

// UpstreamDirectives returns the directives about TLS to upstream servers, whose
// names begin with prefix. at finds what they say in a module's configuration.
func UpstreamDirectives[C any, S vars.Subject](prefix string, in spec.Context, at func(*C) *Upstream[S]) []spec.Directive[C] {
	flag := func(name, def, doc string, field func(*Upstream[S]) *spec.Value[bool]) spec.Directive[C] {
		return spec.Directive[C]{
			Name: prefix + name, In: in, Syntax: "on | off", Default: def, Doc: doc,
			Set: spec.SetFlag(func(c *C) *spec.Value[bool] { return field(at(c)) }),
		}
	}
	file := func(name, doc string, field func(*Upstream[S]) *spec.Value[string]) spec.Directive[C] {
		return spec.Directive[C]{
			Name: prefix + name, Names: spec.CertificateFile, In: in, Syntax: "file", Doc: doc,
			Set: spec.SetText(func(c *C) *spec.Value[string] { return field(at(c)) }),
		}
	}
	own := func(name, doc string, field func(*Upstream[S]) *spec.Value[Name]) spec.Directive[C] {
		return spec.Directive[C]{
			Name: prefix + name, Names: spec.CertificateFile, In: in, Syntax: "file", Doc: doc,
			Set: spec.Scalar(func(c *C) *spec.Value[Name] { return field(at(c)) }, spec.Text, spec.Exactly(1), nil, ParseName),
		}
	}
	return []spec.Directive[C]{
		flag("ssl_session_reuse", "on", "Resumes TLS sessions.", func(t *Upstream[S]) *spec.Value[bool] { return &t.reuse }),
		flag("ssl_server_name", "off", "Tells the server which name is asked for (SNI).", func(t *Upstream[S]) *spec.Value[bool] { return &t.sni }),
		flag("ssl_verify", "off", "Verifies the server's certificate.", func(t *Upstream[S]) *spec.Value[bool] { return &t.verify }),
		{
			Name: prefix + "ssl_protocols", In: in, Args: spec.AtLeast(1), Syntax: "[SSLv2] [SSLv3] [TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]", Default: "TLSv1.2 TLSv1.3", Was: EarlierProtocols,
			Doc: "Sets the versions of TLS spoken to the server.",
			Set: spec.SetBits(func(c *C) *spec.Value[certs.Protocols] { return &at(c).protocols }, Protocols),
		}, {
			Name: prefix + "ssl_ciphers", In: in, Syntax: "ciphers", Default: "DEFAULT",
			Doc: "Sets the ciphers offered to the server.",
			Set: spec.SetText(func(c *C) *spec.Value[string] { return &at(c).ciphers }),
		}, {
			Name: prefix + "ssl_name", In: in, Syntax: "name",
			Doc: "Sets the name the server's certificate must have; that of " + prefix + "pass by default.",
			Set: spec.Scalar(func(c *C) *spec.Value[*vars.Template[S]] { return &at(c).name }, spec.Text, spec.Exactly(1), nil, func(call *spec.Call) (*vars.Template[S], error) {
				return spec.CompileTemplate(call, spec.VarsOf[S](call), call.Args[0].Text, 0)
			}),
		}, {
			Name: prefix + "ssl_verify_depth", In: in, Syntax: "number", Default: "1",
			Doc: "Limits the number of intermediate certificates.",
			Set: spec.SetNumber(func(c *C) *spec.Value[int] { return &at(c).depth }, 0, 0),
		},
		file("ssl_trusted_certificate", "Names a file of authorities that servers' certificates are verified with.", func(t *Upstream[S]) *spec.Value[string] { return &t.trusted }),
		file("ssl_crl", "Names a file of revoked certificates.", func(t *Upstream[S]) *spec.Value[string] { return &t.crl }),
		own("ssl_certificate", "Names the certificate shown to the server.", func(t *Upstream[S]) *spec.Value[Name] { return &t.cert }),
		own("ssl_certificate_key", "Names the key of the certificate shown to the server.", func(t *Upstream[S]) *spec.Value[Name] { return &t.key }),
		{
			Name: prefix + "ssl_password_file", Names: spec.CertificateFile, In: in, Syntax: "file",
			Doc: "Names a file of passwords of keys.",
			Set: spec.Scalar(func(c *C) *spec.Value[[][]byte] { return &at(c).passwords }, spec.Text, spec.Exactly(1), nil, ReadPasswords),
		}, {
			Name: prefix + "ssl_certificate_cache", Since: "1.27.4", In: in, Args: spec.Between(1, 3), Syntax: "off | max=N [inactive=time] [valid=time]", Default: "off",
			Doc: "Keeps certificates whose names contain variables.",
			Set: spec.Scalar(func(c *C) *spec.Value[Cache] { return &at(c).cache }, spec.Words, spec.Between(1, 3), nil, ParseCache),
		}, {
			Name: prefix + "ssl_conf_command", Since: "1.19.4", In: in, Args: spec.Exactly(2), Syntax: "name value",
			Doc: "Gives OpenSSL a command; those are supported that have a counterpart.",
			Set: spec.AddTo(func(c *C) *spec.Value[[][2]string] { return &at(c).commands }, func(call *spec.Call) ([2]string, error) {
				return [2]string{call.Args[0].Text, call.Args[1].Text}, nil
			}),
		},
	}
}

// TLS makes the client's side of TLS of a block. fail makes an error about a
// directive, which nginx finds when the configuration has been read.
func (u *Upstream[S]) TLS(prefix string, scope *spec.Scope, t *vars.Table[S], alloc func(S) func(int) []byte,
	fail func(at diag.Pos, code, format string, args ...any) error) (*upstream.TLS[S], error) {
	env := scope.Env()
	s := certs.ClientSettings{
		Protocols: u.protocols.V, Ciphers: u.ciphers.V, Verify: u.verify.V, Depth: u.depth.V, Reuse: u.reuse.V,
		Passwords: u.passwords.V, Commands: u.commands.V,
	}
	file := func(v spec.Value[string]) string {
		if v.V == "" {
			return ""
		}
		return env.ConfName(v.V)
	}
	out := &upstream.TLS[S]{Name: u.name.V, SNI: u.sni.V}
	if u.cert.V.Text != "" {
		if !u.key.Given() {
			return nil, fail(u.cert.Pos, "no-key", `no "%sssl_certificate_key" is defined for certificate "%s"`, prefix, u.cert.V.Text)
		}
		d, err := Compile(t, []Name{u.cert.V}, []Name{u.key.V})
		switch {
		case err != nil:
			return nil, err
		case d != nil:
			d.Passwords, d.Store = u.passwords.V, u.cache.V.Store
			out.Certificates = func(s S) ([]tls.Certificate, error) { return d.Load(s, alloc(s), true) }
		default:
			s.Certificate, s.Key = Source(env, u.cert.V.Text, false), Source(env, u.key.V.Text, true)
		}
	}
	if s.Verify && u.trusted.V == "" {
		return nil, fail(u.verify.Pos, "no-authorities", "no %[1]sssl_trusted_certificate for %[1]sssl_verify", prefix)
	}
	if env.Offline { // no file is opened
		s.Verify, s.Certificate, s.Commands = false, "", nil
	} else {
		s.Trusted, s.CRL = file(u.trusted), file(u.crl)
	}
	x, warnings, err := certs.NewClient(s, Loader(scope))
	for _, w := range warnings {
		scope.Diags().Warn(u.protocols.Pos, "tls", "%s", strings.ReplaceAll(w, `"ssl_`, `"`+prefix+"ssl_"))
	}
	if err != nil {
		var d diag.Diagnostic
		if errors.As(err, &d) {
			return nil, d
		}
		return nil, diag.Diagnostic{Pos: u.cert.Pos, Severity: diag.Error, Code: "tls", Msg: err.Error()}
	}
	out.Client = x
	return out, nil
}
