package certs

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// commandsOf is what commands may need or change besides a configuration.
type commandsOf struct {
	tickets   *bool
	ownOrder  *bool
	passwords [][]byte
	loader    *Loader
}

// applyCommands applies ssl_conf_command (SSL_CONF_cmd(3)). What OpenSSL knows and
// crypto/tls cannot do is refused, unless it is without effect on who can
// connect.
func applyCommands(c *tls.Config, commands [][2]string, o commandsOf, warn func(string, ...any)) (err error) {
	var cert, key string
	for _, cmd := range commands {
		name, value := cmd[0], cmd[1]
		bad := func(codes ...string) error {
			codes = append(codes, "error:0A000180:SSL routines::bad value:cmd="+name+", value="+value)
			return failed(fmt.Sprintf(`SSL_CONF_cmd("%s", "%s") failed`, name, value), codes...)
		}
		switch strings.ToLower(name) {
		case "minprotocol", "maxprotocol":
			i := slices.Index([]string{"None", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}, value)
			switch {
			case i < 0:
				return bad()
			case i == 0:
			case strings.EqualFold(name, "MinProtocol"):
				c.MinVersion = max(c.MinVersion, tls.VersionTLS10+uint16(i)-1)
			default:
				c.MaxVersion = min(c.MaxVersion, tls.VersionTLS10+uint16(i)-1)
			}
		case "curves", "groups":
			if c.CurvePreferences, err = parseCurves(value, warn); err != nil {
				return bad()
			}
		case "cipherstring":
			if c.CipherSuites, err = parseCiphers(value, warn); err != nil {
				return bad(errNoCipher)
			}
		case "ciphersuites":
			if !isSuites(value) {
				return bad(errNoCipher)
			}
			warn(`"ssl_conf_command Ciphersuites" is ignored: the ciphers of TLSv1.3 cannot be chosen`)
		case "options":
			for word := range strings.SplitSeq(value, ",") {
				off := strings.HasPrefix(word, "-")
				word = strings.TrimLeft(strings.TrimSpace(word), "+-")
				switch {
				case !slices.ContainsFunc(options, func(o string) bool { return strings.EqualFold(o, word) }):
					return bad()
				case strings.EqualFold(word, "SessionTicket"):
					*o.tickets = !off
				case strings.EqualFold(word, "ServerPreference"):
					*o.ownOrder = !off
				default:
					warn(`"ssl_conf_command Options %s" is ignored: it has no counterpart`, word)
				}
			}
		case "certificate":
			cert = o.loader.conf(value)
		case "privatekey":
			key = o.loader.conf(value)
		case "protocol":
			if err := applyProtocol(c, value, warn); err != nil {
				return bad()
			}
		case "recordpadding":
			if _, err := strconv.ParseUint(value, 10, 14); err != nil {
				return bad()
			}
			warn(`"ssl_conf_command RecordPadding" is ignored: records are not padded`)
		case "signaturealgorithms", "clientsignaturealgorithms", "dhparameters", "ecdhparameters",
			"numtickets", "verifymode", "verifycafile", "verifycapath", "chaincafile", "chaincapath", "clientcafile",
			"clientcapath", "requestcafile", "requestcapath", "serverinfofile", "antireplay":
			return fmt.Errorf(`SSL_CONF_cmd("%s", "%s") is not supported`, name, value)
		default:
			return failed(fmt.Sprintf(`SSL_CONF_cmd("%s", "%s") failed`, name, value), "error:0A000182:SSL routines::unknown cmd name:cmd="+name)
		}
	}
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		return fmt.Errorf(`SSL_CONF_cmd("Certificate") and SSL_CONF_cmd("PrivateKey") are supported only together`)
	}
	p, err := o.loader.Pair(cert, key, o.passwords)
	if err != nil {
		return err
	}
	// It takes the place of one with the same kind of key.
	c.Certificates = slices.DeleteFunc(c.Certificates, func(old tls.Certificate) bool {
		return old.Leaf.PublicKeyAlgorithm == p.Leaf.PublicKeyAlgorithm
	})
	c.Certificates = append(c.Certificates, *p)
	return nil
}

// applyProtocol applies the command "Protocol": versions that are switched on or
// off, those with "-" before them. The range that is left must have no gap.
func applyProtocol(c *tls.Config, value string, warn func(string, ...any)) error {
	bits := map[string]Protocols{"ALL": 1<<6 - 1, "SSLv2": SSLv2, "SSLv3": SSLv3, "TLSv1": TLSv1, "TLSv1.1": TLSv1_1, "TLSv1.2": TLSv1_2, "TLSv1.3": TLSv1_3}
	var p Protocols
	for v := c.MinVersion; v <= c.MaxVersion; v++ {
		p |= TLSv1 << (v - tls.VersionTLS10)
	}
	for word := range strings.SplitSeq(value, ",") {
		word = strings.TrimSpace(word)
		bit, ok := bits[strings.TrimLeft(word, "+-")]
		switch {
		case !ok:
			return errors.New("no protocol")
		case strings.HasPrefix(word, "-"):
			p &^= bit
		default:
			p |= bit &^ (SSLv2 | SSLv3)
		}
	}
	var err error
	c.MinVersion, c.MaxVersion, err = p.versions(warn)
	return err
}

var options = []string{
	"SessionTicket", "EmptyFragments", "Bugs", "Compression", "ServerPreference", "NoResumptionOnRenegotiation", "DHSingle",
	"ECDHSingle", "UnsafeLegacyRenegotiation", "UnsafeLegacyServerConnect", "ClientRenegotiation", "EncryptThenMac",
	"NoRenegotiation", "AllowNoDHEKEX", "PrioritizeChaCha", "MiddleboxCompat", "AntiReplay", "ExtendedMasterSecret",
	"CANames", "KTLS", "StrictCertCheck",
}

// isSuites reports whether a list names ciphers of TLS 1.3.
func isSuites(list string) bool {
	any := false
	for name := range strings.SplitSeq(list, ":") {
		any = any || slices.ContainsFunc(ciphers(), func(c suite) bool { return c.proto == "TLSv1.3" && c.name == name })
	}
	return any
}
