package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

const tlsConf = `events {}
http {
    access_log off;
    ssl_session_cache shared:S:1m;
    ssl_protocols TLSv1.2 TLSv1.3;
    server { listen $ADDR ssl default_server; server_name a.example; ssl_certificate a.example.pem; ssl_certificate_key a.example.key;
        return 200 "a $ssl_protocol $ssl_server_name $ssl_session_reused $ssl_client_verify\n"; }
    server { listen $ADDR ssl; server_name b.example; ssl_certificate b.example.pem; ssl_certificate_key b.example.key;
        ssl_verify_client optional; ssl_client_certificate client.pem;
        return 200 "b $ssl_protocol $ssl_server_name $ssl_session_reused $ssl_client_verify $ssl_client_s_dn\n"; }
    server { listen $ADDR ssl; server_name no.example; ssl_reject_handshake on; }
    server { listen $ADDR2 ssl; ssl_certificate b.example.pem; ssl_certificate_key b.example.key;
        ssl_verify_client on; ssl_client_certificate client.pem; error_page 495 496 =400 /refused;
        location / { return 200 "on $ssl_client_verify\n"; }
        location /refused { return 200 "refused $ssl_client_verify $status\n"; } }
    server { listen $ADDR3 ssl; ssl_protocols TLSv1.2; ssl_certificate a.example.pem; ssl_certificate_key a.example.key; return 200 "$ssl_protocol\n"; }
    server { listen $ADDR4 ssl; ssl_protocols TLSv1.3; ssl_certificate a.example.pem; ssl_certificate_key a.example.key; return 200 "$ssl_protocol\n"; }
}
`

// tlsCommands are programs with their arguments; the words are separated by
// spaces. s_client stands for openssl s_client, which is given a request.
var tlsCommands = []string{
	"s_client -connect $ADDR -servername a.example",
	"s_client -connect $ADDR -servername a.example -tls1_2",
	"s_client -connect $ADDR -servername b.example",
	"s_client -connect $ADDR -servername b.example -cert client.pem -key client.key",
	"s_client -connect $ADDR -servername b.example -cert a.example.pem -key a.example.key",
	"s_client -connect $ADDR -servername other.example",
	"s_client -connect $ADDR -noservername",
	"s_client -connect $ADDR -servername no.example",
	"s_client -connect $ADDR -servername no.example -tls1_2",
	"s_client -connect $ADDR -servername a.example -sess_out new.sess",
	"s_client -connect $ADDR -servername a.example -sess_in new.sess",
	"s_client -connect $ADDR -servername a.example -tls1_2 -sess_out old.sess",
	"s_client -connect $ADDR -servername a.example -tls1_2 -sess_in old.sess",
	"s_client -connect $ADDR -servername b.example -cert client.pem -key client.key -sess_out b.sess",
	"s_client -connect $ADDR -servername b.example -cert client.pem -key client.key -sess_in b.sess",
	"s_client -connect $ADDR3 -tls1_3",
	"s_client -connect $ADDR3",
	"s_client -connect $ADDR4 -tls1_2",
	"s_client -connect $ADDR4",
	"s_client -connect $ADDR -alpn http/1.1",
	"s_client -connect $ADDR -alpn h2",
	"s_client -connect $ADDR2",
	"s_client -connect $ADDR2 -cert client.pem -key client.key",
	"s_client -connect $ADDR2 -cert a.example.pem -key a.example.key",
	"curl --cacert a.example.pem --resolve a.example:$PORT:127.0.0.1 https://a.example:$PORT/",
	"curl --cacert a.example.pem --resolve b.example:$PORT:127.0.0.1 https://b.example:$PORT/",
	"curl --cacert b.example.pem --resolve b.example:$PORT:127.0.0.1 https://b.example:$PORT/",
	"curl --cacert b.example.pem --cert client.pem --key client.key --resolve b.example:$PORT:127.0.0.1 https://b.example:$PORT/",
	"curl --cacert a.example.pem --resolve no.example:$PORT:127.0.0.1 https://no.example:$PORT/",
	"curl -k --tls-max 1.2 https://$ADDR/",
	"curl -k --tls-max 1.2 https://$ADDR4/",
	"curl -k --tlsv1.3 https://$ADDR3/",
	"curl -k https://$ADDR2/",
	"curl -k --cert client.pem --key client.key https://$ADDR2/",
	"curl -k --cert a.example.pem --key a.example.key https://$ADDR2/",
}

// tlsLines are what is compared of the output of s_client. Ciphers are not: which
// of the good ones is taken is the server's choice.
var tlsLines = regexp.MustCompile(`(?m)^(subject=.*|ALPN protocol: .*|No ALPN negotiated|(a|b|on|refused) .*|TLSv1\.[23])\r?$|^(New|Reused), (TLSv1\.[23]|\(NONE\))|HTTP/1\.1 \d+|SSL alert number \d+`)

// TLSClients lets openssl and curl connect to the binary and to nginx, with the
// same configuration, and compares what they say.
func (s *Suite) TLSClients(t *testing.T, nginx string) {
	s.Slots <- struct{}{}
	defer func() { <-s.Slots }()
	want, got := s.tlsSays(t, nginx), s.tlsSays(t, s.Binary)
	for i, command := range tlsCommands {
		if got[i] != want[i] {
			t.Errorf("%s:\n got %q\nwant %q", command, got[i], want[i])
		}
	}
}

// tlsSays returns what the commands say of a binary.
func (s *Suite) tlsSays(t *testing.T, binary string) (said []string) {
	dir := t.TempDir()
	p, err := newPlaces(dir)
	if err != nil {
		t.Fatal(err)
	}
	conf := "daemon off;\npid logs/nginx.pid;\n" + p.expand(tlsConf)
	for _, err := range []error{
		os.Mkdir(dir+"/logs", 0o755), write(dir, "nginx.conf", []byte(conf)),
		WriteCert(dir, "a.example"), WriteCert(dir, "b.example"), WriteCert(dir, "client"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	run, err := start(t, binary, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range tlsCommands {
		said = append(said, tlsRun(t, dir, strings.Fields(p.expand(command))))
	}
	if err := run.stop(); err != nil {
		t.Error(err)
	}
	return said
}

// tlsRun returns what a command says and how it ends.
func tlsRun(t *testing.T, dir string, args []string) string {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	openssl := args[0] == "s_client"
	if openssl {
		args = append([]string{"openssl", "s_client", "-ign_eof"}, args[1:]...)
	} else {
		args = append([]string{args[0], "-sS", "-w", "%{http_code} %{ssl_verify_result}"}, args[1:]...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if openssl {
		cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: " + host(args) + "\r\nConnection: close\r\n\r\n")
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	text := out.String()
	if openssl {
		text = strings.Join(tlsLines.FindAllString(text+errs.String(), -1), "; ")
	}
	return fmt.Sprintf("%d %s", cmd.ProcessState.ExitCode(), strings.ReplaceAll(text, "\r", ""))
}

// host is the name that a client sends in its handshake.
func host(args []string) string {
	for i, a := range args {
		if a == "-servername" {
			return args[i+1]
		}
	}
	return "a.example"
}
