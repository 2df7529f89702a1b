package ssl_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/zone"
)

// TestSaid has that what crypto/tls cannot do is said as a warning.
func TestSaid(t *testing.T) {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dh := filepath.Join(t.TempDir(), "dh.pem")
	if err := os.WriteFile(dh, pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: []byte{0x30, 0}}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ conf, want string }{
		{"ssl_prefer_server_ciphers on; ssl_buffer_size 4k; ssl_session_cache shared:A:1m; ssl_ciphers HIGH:!aNULL:@STRENGTH:@SECLEVEL=1;", ""},
		{"ssl_dhparam " + dh + ";", `"ssl_dhparam" is ignored`},
		{"ssl_early_data on;", `"ssl_early_data" is not supported on this platform, ignored`},
		{"ssl_certificate_compression on;", `"ssl_certificate_compression" is not supported on this platform, ignored`},
		{"ssl_ech_file x;", `"ssl_ech_file" is not supported on this platform, ignored`},
		{"ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256;", `"ssl_ciphers": cannot be offered, ignored: DHE-RSA-AES128-GCM-SHA256`},
		{"ssl_ciphers HIGH:@SECLEVEL=4;", `"ssl_ciphers": "@SECLEVEL=4" has no effect, ignored`},
		{"ssl_ecdh_curve X448:X25519;", `"ssl_ecdh_curve": cannot be offered, ignored: X448`},
		{"ssl_protocols SSLv3 TLSv1.2;", `"ssl_protocols": SSLv2 and SSLv3 are not supported, ignored`},
		{"ssl_protocols TLSv1 TLSv1.2;", `"ssl_protocols": versions must follow each other`},
		{"ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;", `"ssl_conf_command Ciphersuites" is ignored`},
		{"ssl_conf_command Options KTLS;", `"ssl_conf_command Options KTLS" is ignored`},
		{"ssl_conf_command Options ServerPreference;", ""},
		{"ssl_conf_command Protocol -TLSv1.2;", ""},
		{"ssl_conf_command RecordPadding 256;", `"ssl_conf_command RecordPadding" is ignored`},
		{"location / { proxy_pass https://127.0.0.1; proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256; }",
			`"proxy_ssl_ciphers": cannot be offered, ignored: DHE-RSA-AES128-GCM-SHA256`},
	} {
		conf := "events {} http { server { listen 127.0.0.1:1 ssl; ssl_certificate cert.pem; ssl_certificate_key cert.key; " + tt.conf + " } }"
		tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
		if err != nil {
			t.Fatal(err)
		}
		_, diags := directives.Compile(tree, spec.Options{Prefix: dir + "/", ConfPrefix: dir + "/", Zones: new(zone.Set)})
		if err := diags.Err(); err != nil {
			t.Errorf("%s: %v", tt.conf, err)
		}
		var said []string
		for _, d := range diags {
			if d.Severity == diag.Warning {
				said = append(said, d.Msg)
			}
		}
		if tt.want == "" && said != nil || tt.want != "" && !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, tt.want) }) {
			t.Errorf("%s: got warnings %q, want %q", tt.conf, said, tt.want)
		}
	}
}

// TestStatusResolver has that responders are looked up with the resolver of the
// server, not only with that of the http block.
func TestStatusResolver(t *testing.T) {
	dns, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 1)
	go func() { // there is no such name
		b := make([]byte, 512)
		n, from, err := dns.ReadFrom(b)
		if err == nil {
			b[2], b[3] = b[2]|0x80, b[3]|3
			dns.WriteTo(b[:n], from)
		}
		asked <- string(b[:n])
	}()
	defer dns.Close()
	dir := t.TempDir()
	ca := issue(t, dir, "ca", nil)
	issue(t, dir, "client", &ca)
	addr, _ := serve(t, `server { listen 127.0.0.1:1 ssl; ssl_verify_client on; ssl_client_certificate `+dir+`/ca.pem; ssl_ocsp on;
		resolver `+dns.LocalAddr().String()+` ipv6=off; return 200 ok; }`)
	cert, err := tls.LoadX509KeyPair(dir+"/client.pem", dir+"/client.key")
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr, &tls.Config{Certificates: []tls.Certificate{cert}})
	if status, _ := get(t, c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); status != 400 {
		t.Errorf("got status %d, want 400: the responder cannot be found", status)
	}
	dns.Close()
	if got := <-asked; !strings.Contains(got, "\x04ocsp\x07example") {
		t.Errorf("got the question %q", got)
	}
}

type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue writes dir/name.pem and dir/name.key, a certificate that by signs, or that
// signs itself. Its status is known at ocsp.example.
func issue(t *testing.T, dir, name string, by *issued) issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: by == nil, OCSPServer: []string{"http://ocsp.example:8080/"},
	}
	me := issued{x, key}
	if by == nil {
		by = &me
	}
	der, err := x509.CreateCertificate(rand.Reader, x, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if me.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return me
}
