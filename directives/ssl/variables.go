package ssl

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strconv"
	"strings"
	"time"

	"understudy/runtime/certs"
	"understudy/runtime/h1"
	"understudy/runtime/vars"
)

// state is a TLS connection.
type state = certs.Conn

// A variable has no value if its text is empty.
type variable struct {
	name, doc string
	early     func(*state) string // known before the handshake is done
	get       func(*state) string
}

// none is of variables that OpenSSL 3.0 has no value for, and crypto/tls neither.
func none(*state) string { return "" }

var sslVariables = []variable{
	{"ssl_protocol", "The version of the protocol.", nil, func(c *state) string { return certs.ProtocolName(c.ConnectionState().Version) }},
	{"ssl_cipher", "The cipher, as OpenSSL names it.", nil, func(c *state) string { return certs.CipherName(c.ConnectionState().CipherSuite) }},
	{"ssl_ciphers", "The ciphers that the client offered.", func(c *state) string { return join(c.Ciphers, certs.CipherName) }, nil},
	{"ssl_curve", "The group of the key exchange.", nil, curve},
	{"ssl_curves", "The groups that the client offered.", func(c *state) string { return join(c.Curves, certs.CurveName) }, nil},
	{"ssl_sigalg", "The algorithm of the server's signature; empty, as with OpenSSL before 3.5.", none, nil},
	{"ssl_sigalgs", "The algorithms of signatures that the client offered.", sigalgs, nil},
	{"ssl_session_id", "A name of the session.", nil, func(c *state) string { return hex.EncodeToString(c.SessionID()) }},
	{"ssl_session_reused", `"r" if the session was resumed, else ".".`, nil, reused},
	{"ssl_early_data", `"1" while the handshake is not complete: never.`, none, nil},
	{"ssl_server_name", "The name of the server that the client asked for (SNI).", func(c *state) string { return c.ServerName }, nil},
	{"ssl_alpn_protocol", "The protocol that was agreed on.", nil, func(c *state) string { return c.ConnectionState().NegotiatedProtocol }},
	{"ssl_ech_status", "The state of Encrypted Client Hello; empty, as with OpenSSL before 4.0.", none, nil},
	{"ssl_ech_outer_server_name", "The public name of Encrypted Client Hello; empty, as with OpenSSL before 4.0.", none, nil},
	{"ssl_client_cert", "The client's certificate in PEM, with tabs before lines.", nil, func(c *state) string {
		return strings.ReplaceAll(strings.TrimSuffix(rawCert(c), "\n"), "\n", "\n\t")
	}},
	{"ssl_client_raw_cert", "The client's certificate in PEM.", nil, rawCert},
	{"ssl_client_escaped_cert", "The client's certificate in PEM, escaped for a URI.", nil, func(c *state) string {
		return string(h1.AppendEscape(nil, []byte(rawCert(c)), h1.EscapeComponent))
	}},
	{"ssl_client_s_dn", "The subject of the client's certificate (RFC 2253).", nil, subject(certs.NameRFC2253)},
	{"ssl_client_i_dn", "The issuer of the client's certificate (RFC 2253).", nil, issuer(certs.NameRFC2253)},
	{"ssl_client_s_dn_legacy", "The subject of the client's certificate, with slashes.", nil, subject(certs.NameOneline)},
	{"ssl_client_i_dn_legacy", "The issuer of the client's certificate, with slashes.", nil, issuer(certs.NameOneline)},
	{"ssl_client_serial", "The serial number of the client's certificate.", nil, serial},
	{"ssl_client_fingerprint", "The SHA-1 digest of the client's certificate.", nil, fingerprint},
	{"ssl_client_verify", `"SUCCESS", "FAILED:reason", or "NONE" without a certificate.`, nil, verified},
	{"ssl_client_v_start", "When the client's certificate begins to be valid.", nil, func(c *state) string { return validity(c, false) }},
	{"ssl_client_v_end", "When the client's certificate ends to be valid.", nil, func(c *state) string { return validity(c, true) }},
	{"ssl_client_v_remain", "For how many days the client's certificate is valid.", nil, remain},
	{"ssl_client_sigalg", "The algorithm of the client's signature; empty, as with OpenSSL before 3.5.", none, nil},
}

// notInStream are variables that only http has.
func notInStream(name string) bool {
	return name == "ssl_early_data" || strings.HasSuffix(name, "_legacy")
}

// variables makes variables of subjects, whose TLS connection of returns.
func variables[S vars.Subject](inHTTP bool, of func(S) *state) []vars.Variable[S] {
	var list []vars.Variable[S]
	for _, v := range sslVariables {
		if !inHTTP && notInStream(v.name) {
			continue
		}
		list = append(list, vars.Variable[S]{
			Name: v.name, Doc: v.doc, Changeable: true, Volatile: v.name == "ssl_early_data",
			Get: func(s S, _ string) ([]byte, bool) {
				c := of(s)
				if c == nil {
					return nil, false
				}
				f := v.early
				if f == nil && c.Done() {
					f = v.get
				}
				if f == nil {
					return nil, false
				}
				text := f(c)
				return []byte(text), text != ""
			},
		})
	}
	return list
}

func join[T any](list []T, name func(T) string) string {
	var b strings.Builder
	for i, x := range list {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(name(x))
	}
	return b.String()
}

func curve(c *state) string {
	id := c.ConnectionState().CurveID
	if id == 0 {
		return ""
	}
	return certs.CurveName(id)
}

func sigalgs(c *state) string {
	var b strings.Builder
	for i, s := range c.Schemes {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "0x%04x", uint16(s))
	}
	return b.String()
}

func reused(c *state) string {
	if c.ConnectionState().DidResume {
		return "r"
	}
	return "."
}

func rawCert(c *state) string {
	x := c.Certificate()
	if x == nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: x.Raw}))
}

func subject(write func([]byte) string) func(*state) string {
	return func(c *state) string {
		if x := c.Certificate(); x != nil {
			return write(x.RawSubject)
		}
		return ""
	}
}

func issuer(write func([]byte) string) func(*state) string {
	return func(c *state) string {
		if x := c.Certificate(); x != nil {
			return write(x.RawIssuer)
		}
		return ""
	}
}

// serial writes the number as i2a_ASN1_INTEGER does: whole bytes.
func serial(c *state) string {
	x := c.Certificate()
	if x == nil {
		return ""
	}
	n := x.SerialNumber
	text := strings.ToUpper(hex.EncodeToString(n.Bytes()))
	if text == "" {
		text = "00"
	}
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}

func fingerprint(c *state) string {
	x := c.Certificate()
	if x == nil {
		return ""
	}
	sum := sha1.Sum(x.Raw)
	return hex.EncodeToString(sum[:])
}

func verified(c *state) string {
	switch {
	case c.Certificate() == nil:
		return "NONE"
	case c.Fault() == "":
		return "SUCCESS"
	}
	return "FAILED:" + c.Fault()
}

// validity writes a time as ASN1_TIME_print does.
func validity(c *state, end bool) string {
	x := c.Certificate()
	if x == nil {
		return ""
	}
	t := x.NotBefore
	if end {
		t = x.NotAfter
	}
	return t.UTC().Format("Jan _2 15:04:05 2006 GMT")
}

func remain(c *state) string {
	x := c.Certificate()
	if x == nil {
		return ""
	}
	return strconv.FormatInt(max(x.NotAfter.Unix()-time.Now().Unix(), 0)/86400, 10)
}
