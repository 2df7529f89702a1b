package ssl

import (
	"fmt"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/certs"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// A builder is what the builders of http and stream have in common, with the
// scope of the server.
type builder struct {
	scope  *spec.Scope
	loader *certs.Loader
}

// errorf is an error that nginx finds when the whole block has been read: it
// names no line.
func (b *builder) errorf(at diag.Pos, code, format string, args ...any) error {
	return diag.Diagnostic{Pos: at, Severity: diag.Error, Code: code, Msg: fmt.Sprintf(format, args...)}
}

// atClose is an error that nginx reports where the http or stream block ends.
func (b *builder) atClose(format string, args ...any) error {
	block := b.scope.Parent.At
	return diag.Diagnostic{Pos: block.Name.Pos, Severity: diag.Error, Code: "bad-file", Msg: fmt.Sprintf(format, args...), Line: block.Close.Line}
}

func (b *builder) warn(at diag.Pos, code, text string) {
	*b.scope.Diags() = append(*b.scope.Diags(), diag.Diagnostic{Pos: at, Severity: diag.Warning, Code: code, Msg: text})
}

// build makes the context of a server; nil if it has no certificates. The
// certificates and keys whose names contain variables are returned.
func (c *conf[S]) build(b *builder, t *vars.Table[S], alpn []string) (x *certs.Context, dynamic *certificates.Dynamic[S], err error) {
	defer func() {
		if err != nil {
			x = new(certs.Context) // it has been said that there is none to be used
		}
	}()
	env := b.scope.Env()
	list := c.certificates.V
	if n := len(list); n > 0 && len(c.keys.V) < n {
		return nil, nil, b.errorf(list[n-1].Call.Pos(), "no-certificate-key",
			`no "ssl_certificate_key" is defined for certificate "%s"`, list[n-1].Text)
	} else if n == 0 && !c.reject.V {
		return nil, nil, nil
	}
	s := certs.Settings{
		Passwords: c.passwords.V, Protocols: c.protocols.V, Ciphers: c.ciphers.V, OwnOrder: c.preferServer.V, Curves: c.curve.V,
		Verify: c.verify.V, Depth: c.depth.V, Tickets: c.tickets.V, Timeout: c.timeout.V,
		Cache: c.cache.V.shared, NoSessions: c.cache.V.off, ALPN: alpn, Commands: c.commands.V, Reject: c.reject.V,
		Names: b.names(), ClientCA: c.file(b, &c.client), Trusted: c.file(b, &c.trusted), CRL: c.file(b, &c.crl),
	}
	if c.verify.V == certs.VerifyOff {
		s.ClientCA = ""
	} else if c.verify.V != certs.VerifyOptionalNoCA && c.client.V == "" && c.trusted.V == "" {
		return nil, nil, b.errorf(c.verify.Pos, "no-authority", "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client")
	}
	if s.Cache == nil && c.cache.V.inside {
		s.Cache = certs.NewCache(builtinSize)
	}
	if dynamic, err = certificates.Compile(t, list, c.keys.V); err != nil {
		return nil, nil, err
	}
	if env.Offline {
		s.ClientCA, s.Trusted, s.CRL, s.Commands = "", "", "", nil
	}
	if env.Offline || dynamic != nil {
		for _, n := range list {
			s.Context = append(s.Context, n.Text)
		}
	} else {
		for i, n := range list {
			s.Certificates = append(s.Certificates, certificates.Source(env, n.Text, false))
			s.Keys = append(s.Keys, certificates.Source(env, c.keys.V[i].Text, true))
		}
	}
	if c.ocsp.V != 0 {
		if c.verify.V == certs.VerifyOptionalNoCA {
			return nil, nil, b.errorf(c.ocsp.Pos, "ocsp", `"ssl_ocsp" is incompatible with "ssl_verify_client optional_no_ca"`)
		}
		if s.Status, err = c.status(b); err != nil {
			return nil, nil, err
		}
	}
	for _, file := range c.ticketKeys.V {
		if env.Offline {
			break
		}
		text, err := b.loader.Read(env.ConfName(file))
		if err != nil && b.loader.Without(env.ConfName(file), err) {
			continue
		}
		if err != nil {
			return nil, nil, b.atClose(`open() "%s" failed%s`, env.ConfName(file), httpd.Errno(err))
		}
		if len(text) != 48 && len(text) != 80 {
			return nil, nil, b.atClose(`"%s" must be 48 or 80 bytes`, env.ConfName(file))
		}
		s.TicketKeys = append(s.TicketKeys, text)
	}
	var warnings []string
	x, warnings, err = certs.New(s, b.loader)
	for _, w := range warnings {
		b.warn(c.about(w), "tls", w)
	}
	if err != nil {
		return nil, nil, b.errorf(c.certificates.Pos, "tls", "%v", err)
	}
	if dynamic != nil {
		dynamic.Passwords, dynamic.Store = c.passwords.V, c.certCache.V.Store
	}
	return x, dynamic, c.rest(b, x)
}

// names are those of the server, as they are written, if somebody may stand in for its
// certificate.
func (b *builder) names() (list []string) {
	if b.loader.StandIn == nil {
		return nil
	}
	for d := range b.scope.Named("server_name") {
		for _, a := range d.Args {
			list = append(list, a.Text)
		}
	}
	return list
}

// builtinSize is the size of a cache for one server, in bytes: that of OpenSSL
// has room for 20480 sessions.
const builtinSize = 20480 * 256

// rest checks what has no effect, and staples.
func (c *conf[S]) rest(b *builder, x *certs.Context) error {
	env := b.scope.Env()
	if c.dhparam.V != "" && !env.Offline {
		if err := b.loader.CheckDH(env.ConfName(c.dhparam.V)); err != nil {
			return b.errorf(c.dhparam.Pos, "tls", "%v", err)
		}
	}
	if c.dhparam.V != "" {
		b.warn(c.dhparam.Pos, "ssl-ignored", `"ssl_dhparam" is ignored: `+whyDH)
	}
	for _, x := range []struct {
		name  string
		given bool
		at    diag.Pos
	}{
		{"ssl_early_data", c.earlyData.V, c.earlyData.Pos}, {"ssl_ech_file", c.ech.V != nil, c.ech.Pos},
		{"ssl_certificate_compression", c.compression.V, c.compression.Pos},
	} {
		if x.given {
			b.warn(x.at, "ssl-ignored", fmt.Sprintf(`"%s" is not supported on this platform, ignored`, x.name))
		}
	}
	if !c.stapling.V {
		return nil
	}
	if c.compression.V {
		return b.errorf(c.stapling.Pos, "stapling", `"ssl_stapling" is incompatible with "ssl_certificate_compression"`)
	}
	if env.Offline {
		return nil
	}
	if c.staplingFile.V == "" {
		for _, w := range c.staple(b, x) {
			b.warn(c.stapling.Pos, "ssl-ignored", w)
		}
		return nil
	}
	if _, err := b.loader.Read(env.ConfName(c.staplingFile.V)); err != nil && b.loader.Without(env.ConfName(c.staplingFile.V), err) {
		return nil
	}
	if err := x.Staple(env.ConfName(c.staplingFile.V), b.loader); err != nil {
		return b.errorf(c.staplingFile.Pos, "stapling", "%v", err)
	}
	return nil
}

// file returns the full name of a file that a directive names.
func (c *conf[S]) file(b *builder, v *spec.Value[string]) string {
	if v.V == "" {
		return ""
	}
	return b.scope.Env().ConfName(v.V)
}

// about finds the directive that a warning speaks of.
func (c *conf[S]) about(text string) diag.Pos {
	for prefix, at := range map[string]diag.Pos{
		`"ssl_protocols`: c.protocols.Pos, `"ssl_ciphers`: c.ciphers.Pos, `"ssl_ecdh_curve`: c.curve.Pos, `"ssl_conf_command`: c.commands.Pos,
	} {
		if len(text) >= len(prefix) && text[:len(prefix)] == prefix {
			return at
		}
	}
	return c.certificates.Pos
}
