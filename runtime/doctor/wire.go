package doctor

import (
	"fmt"
	"strings"

	"understudy/runtime/httpd"
)

// decode recognises the protocol of the first bytes that a peer sent, which is not
// the one it was spoken to in. It returns "" if they could be anything.
func decode(b string, c *httpd.Cause) (what, fix string) {
	pass := "proxy_pass"
	if c.Loc != nil && c.Loc.Content != nil {
		pass = c.Loc.Content.Name
	}
	overTLS, _ := c.Fact("tls").(bool)
	switch {
	case b == "":
		return "", ""
	case overTLS && isHTTP1(b):
		return fmt.Sprintf("%q instead of a TLS record: it answers plain HTTP", clip(b)), "Write http:// in proxy_pass, or let the application speak TLS there."
	case overTLS:
		return fmt.Sprintf("%q is no TLS record", clip(b)), "Write http:// in proxy_pass if the application does not speak TLS there."
	case len(b) >= 3 && (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3:
		return fmt.Sprintf("% x begins a TLS record: it wants TLS, and was spoken to in plain text", b[:3]), "Write https:// in proxy_pass."
	case len(b) >= 9 && isHTTP2(b):
		return fmt.Sprintf("% x begins a frame of HTTP/2: it speaks HTTP/2 only", b[:9]), "Let the application speak HTTP/1.1 too; for gRPC use grpc_pass."
	case pass != "proxy_pass" && isHTTP1(b):
		return fmt.Sprintf("%q is HTTP/1.x, not what %s speaks", clip(b), pass), "Use proxy_pass http://…; for a server of HTTP."
	case len(b) >= 8 && b[0] == 1 && b[1] >= 3 && b[1] <= 11 && (pass != "fastcgi_pass"):
		return fmt.Sprintf("% x begins a FastCGI record", b[:8]), "Use fastcgi_pass for a FastCGI server such as PHP-FPM."
	case strings.HasPrefix(b, "SSH-"):
		return fmt.Sprintf("%q is an SSH server", clip(b)), "Correct the port."
	case strings.HasPrefix(b, "-ERR"), strings.HasPrefix(b, "+OK"), strings.HasPrefix(b, "-DENIED"):
		return fmt.Sprintf("%q is the answer of Redis or of a POP3 server", clip(b)), "Correct the port."
	case strings.HasPrefix(b, "220 "), strings.HasPrefix(b, "220-"):
		return fmt.Sprintf("%q is the greeting of a mail or FTP server", clip(b)), "Correct the port."
	case len(b) > 5 && b[3] == 0 && b[4] == 10:
		return "a greeting of MySQL", "Correct the port."
	}
	return "", ""
}

func isHTTP1(b string) bool { return strings.HasPrefix(b, "HTTP/") || strings.HasPrefix("HTTP/", b) }

// isHTTP2 recognises SETTINGS or GOAWAY on stream 0 (RFC 9113 section 4.1).
func isHTTP2(b string) bool {
	return b[0] == 0 && (b[3] == 4 || b[3] == 7) && b[5:9] == "\x00\x00\x00\x00"
}

func clip(b string) string { return b[:min(len(b), 16)] }
